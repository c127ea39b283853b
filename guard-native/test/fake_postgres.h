/*
 * fake_postgres.h: makes a test program look like a Postgres process to the guard: the same variables under the same names,
 * exported by the executable. Included once, by the program's only file.
 */
#ifndef HEADROOM_FAKE_POSTGRES_H
#define HEADROOM_FAKE_POSTGRES_H

#include <dlfcn.h>
#include <setjmp.h>
#include <stdbool.h>
#include <string.h>

#include "check.h"
#include "headroom_guard.h"

#define VISIBLE __attribute__((visibility("default")))
#define MIB (INT64_C(1) << 20)

/* Numbers as in no Postgres version: only the names must matter. */
enum
{
	TYPE_INVALID = 0,
	TYPE_CLIENT = 41,
	TYPE_WORKER = 42,
	TYPE_CHECKPOINTER = 43,
	TYPE_STRANGE = 44,
};

extern VISIBLE volatile uint32_t CritSectionCount;
extern VISIBLE volatile uint32_t InterruptHoldoffCount;
extern VISIBLE sigjmp_buf *PG_exception_stack;
extern VISIBLE volatile bool proc_exit_inprogress;
extern VISIBLE int MyBackendType;
extern VISIBLE int ParallelWorkerNumber;
VISIBLE bool in_error_recursion_trouble(void);
VISIBLE const char *GetBackendTypeDesc(int type);

volatile uint32_t CritSectionCount;
volatile uint32_t InterruptHoldoffCount;
static sigjmp_buf handler;
sigjmp_buf *PG_exception_stack = &handler;
volatile bool proc_exit_inprogress;
int MyBackendType = TYPE_INVALID;
int ParallelWorkerNumber = -1;
static bool is_in_recursion;

bool
in_error_recursion_trouble(void)
{
	return is_in_recursion;
}

const char *
GetBackendTypeDesc(int type)
{
	switch (type)
	{
		case TYPE_CLIENT:
			return "client backend";
		case TYPE_WORKER:
			return "background worker";
		case TYPE_CHECKPOINTER:
			return "checkpointer";
		default:
			return "something new";
	}
}

static const HeadroomGuardApi *guard;
static HeadroomSegment *segment;

static inline HeadroomSetup
usual_setup(void)
{
	HeadroomSetup setup = {
		.server_version_num = 150018,
		.slot_count = 32,
		.ring_capacity = 256,
		.dsm_capacity = 16,
		.blockable_kinds = HEADROOM_BLOCKABLE_DEFAULT,
		.switch_mode = HEADROOM_MODE_ENFORCE,
	};

	setup.control.soft_line_percent = 90;
	return setup;
}

static inline void
find_guard(void)
{
	HeadroomGuardApiFunction find;

	*(void **) &find = dlsym(RTLD_DEFAULT, HEADROOM_GUARD_API_SYMBOL);
	if (find == NULL)
		SKIP("run with LD_PRELOAD=libheadroom_guard.so");
	guard = find(HEADROOM_GUARD_API_VERSION);
	CHECK(guard != NULL);
	CHECK(find(HEADROOM_GUARD_API_VERSION + 1) == NULL);
}

/* What a postmaster does; the caller is its only process. */
static inline void
make_segment(const HeadroomSetup *setup)
{
	find_guard();
	CHECK_EQUAL(guard->create_segment(setup), 0);
	segment = guard->segment();
	CHECK(segment != NULL);
}

static inline int64_t
held(void)
{
	return atomic_load(&guard->slot()->allocated_bytes);
}

static inline int64_t
total(void)
{
	return atomic_load(&segment->limited_bytes);
}

static inline void
set_limit(HeadroomMode mode, int64_t bytes)
{
	HeadroomControl control = segment->control[atomic_load(&segment->control_generation) & 1];

	control.mode = mode;
	control.limit.is_set = 1;
	control.limit.limit_bytes = (uint64_t) bytes;
	strcpy(control.limit.policy_id, "test");
	CHECK(guard->publish_control(&control));
}

/* The number of events of a type so far; checks that every one is whole. */
static inline int
count_events(HeadroomEventType type)
{
	int count = 0;

	for (uint64_t position = 0; position < atomic_load(&segment->ring_head); position++)
	{
		HeadroomEventPayload event;

		CHECK_EQUAL(guard->read_event(position, &event), HEADROOM_READ_WHOLE);
		if (event.type == (uint32_t) type)
			count++;
	}
	return count;
}

/* A client backend in a statement, as after a fork of the postmaster. */
static inline void
become_client(void)
{
	MyBackendType = TYPE_CLIENT;
	guard->statement_begin();
}

#endif
