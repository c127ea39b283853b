/*
 * allocate.c: asks Postgres's own allocator for memory in the places that SQL cannot reach, for GuardInPostgresTest.
 *
 *     allocate(bytes, place)    whether there was memory, asked for where `place` says
 *     fail(bytes, level)        the same at the statement's own place, then an "out of memory" of that level
 */
#include "compat.h"

#include "fmgr.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/palloc.h"

PG_MODULE_MAGIC;

PGDLLEXPORT Datum allocate(PG_FUNCTION_ARGS);
PGDLLEXPORT Datum fail(PG_FUNCTION_ARGS);
PG_FUNCTION_INFO_V1(allocate);
PG_FUNCTION_INFO_V1(fail);

static bool
try_allocate(int64 bytes)
{
	void *memory = palloc_extended((Size) bytes, MCXT_ALLOC_HUGE | MCXT_ALLOC_NO_OOM);

	if (memory != NULL)
		pfree(memory);
	return memory != NULL;
}

Datum
allocate(PG_FUNCTION_ARGS)
{
	int64 bytes = PG_GETARG_INT64(0);
	const char *place = text_to_cstring(PG_GETARG_TEXT_PP(1));
	sigjmp_buf *handler = PG_exception_stack;
	bool found;

	if (strcmp(place, "statement") == 0)
		found = try_allocate(bytes);
	else if (strcmp(place, "critical section") == 0)
	{
		START_CRIT_SECTION();
		found = try_allocate(bytes);
		END_CRIT_SECTION();
	}
	else if (strcmp(place, "interrupts held") == 0)
	{
		HOLD_INTERRUPTS();
		found = try_allocate(bytes);
		RESUME_INTERRUPTS();
	}
	else if (strcmp(place, "no handler") == 0)
	{
		PG_exception_stack = NULL;
		found = try_allocate(bytes);
		PG_exception_stack = handler;
	}
	else
		elog(ERROR, "\"%s\" is no place", place);
	PG_RETURN_BOOL(found);
}

Datum
fail(PG_FUNCTION_ARGS)
{
	const char *level = text_to_cstring(PG_GETARG_TEXT_PP(1));

	(void) try_allocate(PG_GETARG_INT64(0));
	ereport(strcmp(level, "fatal") == 0 ? FATAL : ERROR, errcode(ERRCODE_OUT_OF_MEMORY), errmsg("out of memory"));
	PG_RETURN_VOID();
}
