/*
 * views.c: the segment as SQL sees it. Reads without locks: a value may be a moment older than its neighbour.
 */
#include "compat.h"

#include <time.h>

#include "access/htup_details.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "headroom.h"

extern PGDLLEXPORT Datum headroom_guard_status(PG_FUNCTION_ARGS);
extern PGDLLEXPORT Datum headroom_guard_processes(PG_FUNCTION_ARGS);
extern PGDLLEXPORT Datum headroom_guard_contexts(PG_FUNCTION_ARGS);
extern PGDLLEXPORT Datum headroom_guard_limits(PG_FUNCTION_ARGS);
extern PGDLLEXPORT Datum headroom_guard_events(PG_FUNCTION_ARGS);
extern PGDLLEXPORT Datum headroom_guard_switch(PG_FUNCTION_ARGS);

PG_FUNCTION_INFO_V1(headroom_guard_status);
PG_FUNCTION_INFO_V1(headroom_guard_processes);
PG_FUNCTION_INFO_V1(headroom_guard_contexts);
PG_FUNCTION_INFO_V1(headroom_guard_limits);
PG_FUNCTION_INFO_V1(headroom_guard_events);
PG_FUNCTION_INFO_V1(headroom_guard_switch);

#define STATUS_COLUMNS 24
#define PROCESS_COLUMNS 23
#define CONTEXT_COLUMNS 8
#define LIMIT_COLUMNS 4
#define EVENT_COLUMNS 20
#define CONTROL_READ_ATTEMPTS 1000

/* One row in the making: columns are put in order. */
typedef struct Row
{
	int column;
	Datum values[STATUS_COLUMNS];
	bool nulls[STATUS_COLUMNS];
} Row;

static void
put(Row *row, Datum value)
{
	row->nulls[row->column] = false;
	row->values[row->column++] = value;
}

static void
put_null(Row *row)
{
	row->nulls[row->column] = true;
	row->values[row->column++] = (Datum) 0;
}

static void
put_bytes(Row *row, int64 bytes)
{
	put(row, Int64GetDatum(bytes));
}

static void
put_count(Row *row, uint64 count)
{
	put(row, Int64GetDatum((int64) count));
}

static void
put_text(Row *row, const char *text)
{
	if (text == NULL || text[0] == '\0')
		put_null(row);
	else
		put(row, CStringGetTextDatum(text));
}

static void
put_text_of(Row *row, const char *bytes, size_t most)
{
	char *copy = pnstrdup(bytes, most);

	put_text(row, copy);
	pfree(copy);
}

static void
put_oid(Row *row, bool is_set, uint32 oid)
{
	if (is_set)
		put(row, ObjectIdGetDatum(oid));
	else
		put_null(row);
}

static int64
boottime_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return (int64) now.tv_sec * INT64CONST(1000000000) + now.tv_nsec;
}

static void
put_time(Row *row, bool is_set, uint64 at_boottime_ns)
{
	if (is_set)
		put(row, TimestampTzGetDatum(GetCurrentTimestamp() + ((int64) at_boottime_ns - boottime_ns()) / 1000));
	else
		put_null(row);
}

static const char *
kind_name(uint32 kind)
{
	static const char *const names[] = {"unknown",           "client backend",      "parallel worker",
										"background worker", "autovacuum worker",   "autovacuum launcher",
										"walsender",         "postmaster",          "auxiliary"};

	return kind < lengthof(names) ? names[kind] : "unknown";
}

static HeadroomSegment *
segment_or_null(void)
{
	return headroom_guard == NULL ? NULL : headroom_guard->segment();
}

static HeadroomSlot *
slot_at(HeadroomSegment *segment, uint32 index)
{
	return (HeadroomSlot *) ((char *) segment + segment->slot_offset + (size_t) index * segment->slot_bytes);
}

static bool
read_control(HeadroomSegment *segment, HeadroomControl *control)
{
	for (int attempt = 0; attempt < CONTROL_READ_ATTEMPTS; attempt++)
	{
		uint64 generation = atomic_load_explicit(&segment->control_generation, memory_order_acquire);

		memcpy(control, &segment->control[generation & 1], sizeof *control);
		atomic_thread_fence(memory_order_acquire);
		if (atomic_load_explicit(&segment->control_generation, memory_order_relaxed) == generation)
			return true;
	}
	return false;
}

static HeadroomControl
get_control(HeadroomSegment *segment)
{
	HeadroomControl control;

	if (!read_control(segment, &control))
		ereport(ERROR, errcode(ERRCODE_OBJECT_IN_USE), errmsg("the guard's control changed all the while"),
				errhint("Try again."));
	return control;
}

static ReturnSetInfo *
begin_set(FunctionCallInfo fcinfo)
{
	InitMaterializedSRF(fcinfo, 0);
	return (ReturnSetInfo *) fcinfo->resultinfo;
}

static void
put_row(ReturnSetInfo *set, Row *row, int columns)
{
	Assert(row->column == columns && set->setDesc->natts == columns);
	tuplestore_putvalues(set->setResult, set->setDesc, row->values, row->nulls);
}

/* --- status --------------------------------------------------------------------------------------------------------- */

Datum
headroom_guard_status(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *set = begin_set(fcinfo);
	HeadroomSegment *segment = segment_or_null();
	Row row = {.column = 0};

	put(&row, BoolGetDatum(segment != NULL));
	if (segment == NULL)
	{
		while (row.column < STATUS_COLUMNS)
			put_null(&row);
	}
	else
	{
		HeadroomControl control = get_control(segment);
		int64 now = boottime_ns();

		put_text(&row, headroom_mode_name(headroom_guard->effective_mode()));
		put_text(&row, headroom_mode_name(atomic_load(&segment->switch_mode)));
		put_text(&row, headroom_mode_name(control.mode));
		put_time(&row, control.lease_is_set, control.lease_expires_boottime_ns);
		if (control.lease_is_set)
			put(&row, BoolGetDatum((int64) control.lease_expires_boottime_ns <= now));
		else
			put_null(&row);
		if (control.limit.is_set)
			put_count(&row, control.limit.limit_bytes);
		else
			put_null(&row);
		put_text_of(&row, control.limit.policy_id, control.limit.is_set ? sizeof control.limit.policy_id : 0);
		put_bytes(&row, atomic_load(&segment->limited_bytes));
		put_bytes(&row, atomic_load(&segment->others_bytes));
		put_bytes(&row, atomic_load(&segment->dsm_bytes));
		put_text(&row, control.blame == HEADROOM_BLAME_LARGEST ? "largest" : "requester");
		put_count(&row, atomic_load(&segment->denials));
		put_count(&row, atomic_load(&segment->blocks));
		put_count(&row, atomic_load(&segment->soft_denials));
		put_count(&row, atomic_load(&segment->would_blocks));
		put_count(&row, atomic_load(&segment->fatals));
		put_count(&row, atomic_load(&segment->panics));
		put_count(&row, atomic_load(&segment->waivers));
		put_count(&row, atomic_load(&segment->breaches));
		put_count(&row, atomic_load(&segment->slots_exhausted));
		put_count(&row, atomic_load(&segment->regions_uncounted) + atomic_load(&segment->dsm_uncounted));
		put_count(&row, atomic_load(&segment->slots_reclaimed));
		put_count(&row, atomic_load(&segment->ring_lost));
	}
	put_row(set, &row, STATUS_COLUMNS);
	return (Datum) 0;
}

/* --- limits --------------------------------------------------------------------------------------------------------- */

static void
put_limit(ReturnSetInfo *set, const char *role, uint32 number, const HeadroomLimit *limit)
{
	Row row = {.column = 0};

	if (!limit->is_set)
		return;
	put_text(&row, role);
	put(&row, Int32GetDatum((int32) number));
	put_text_of(&row, limit->policy_id, sizeof limit->policy_id);
	put_count(&row, limit->limit_bytes);
	put_row(set, &row, LIMIT_COLUMNS);
}

Datum
headroom_guard_limits(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *set = begin_set(fcinfo);
	HeadroomSegment *segment = segment_or_null();
	HeadroomControl control;

	if (segment == NULL)
		return (Datum) 0;
	control = get_control(segment);
	put_limit(set, "limit", 0, &control.limit);
	for (uint32 i = 0; i < HEADROOM_SHADOW_LIMITS; i++)
		put_limit(set, "shadow", i, &control.shadow[i]);
	return (Datum) 0;
}

/* --- processes ------------------------------------------------------------------------------------------------------ */

static const char *
state_name(uint32 state)
{
	switch (state)
	{
		case HEADROOM_SLOT_LIVE:
			return "live";
		case HEADROOM_SLOT_EXITED:
			return "exited";
		case HEADROOM_SLOT_RECLAIMED:
			return "died";
		default:
			return NULL;
	}
}

static void
put_process(ReturnSetInfo *set, HeadroomSlot *slot)
{
	uint32 generation = atomic_load_explicit(&slot->slot_generation, memory_order_acquire);
	const char *state = state_name(atomic_load_explicit(&slot->state, memory_order_acquire));
	bool identity_is_set = atomic_load_explicit(&slot->identity_is_set, memory_order_acquire) != 0;
	bool in_statement = atomic_load(&slot->in_statement) != 0;
	bool numbered = atomic_load(&slot->statement_number) != 0;
	uint64 denied_at = atomic_load(&slot->last_denial_boottime_ns);
	uint64 ended_at = atomic_load(&slot->ended_boottime_ns);
	Row row = {.column = 0};

	if (state == NULL)
		return;
	put(&row, Int32GetDatum(atomic_load(&slot->pid)));
	put_text(&row, state);
	put_text(&row, kind_name(atomic_load(&slot->kind)));
	put_text_of(&row, slot->kind_name, sizeof slot->kind_name);
	put_oid(&row, identity_is_set, atomic_load(&slot->database_oid));
	put_oid(&row, identity_is_set, atomic_load(&slot->user_oid));
	if (identity_is_set)
		put(&row, BoolGetDatum(atomic_load(&slot->is_superuser) != 0));
	else
		put_null(&row);
	put_bytes(&row, atomic_load(&slot->allocated_bytes));
	put_bytes(&row, Max(atomic_load(&slot->lifetime_peak_bytes), atomic_load(&slot->peak_bytes)));
	put_bytes(&row, atomic_load(&slot->charged_bytes));
	put_bytes(&row, atomic_load(&slot->dsm_bytes));
	put(&row, BoolGetDatum(in_statement));
	if (numbered)
		put_count(&row, atomic_load(&slot->statement_number));
	else
		put_null(&row);
	if (atomic_load(&slot->query_id_is_set))
		put_bytes(&row, atomic_load(&slot->query_id));
	else
		put_null(&row);
	put_time(&row, numbered, atomic_load(&slot->statement_started_boottime_ns));
	put_count(&row, atomic_load(&slot->denials));
	put_count(&row, atomic_load(&slot->blocks));
	put_count(&row, atomic_load(&slot->soft_denials));
	put_count(&row, atomic_load(&slot->would_blocks));
	put_count(&row, atomic_load(&slot->waivers));
	put_time(&row, denied_at != 0, denied_at);
	put_time(&row, true, slot->attached_boottime_ns);
	put_time(&row, ended_at != 0, ended_at);
	/* Another process moved in meanwhile: what was read is a mixture. */
	if (atomic_load_explicit(&slot->slot_generation, memory_order_acquire) == generation)
		put_row(set, &row, PROCESS_COLUMNS);
}

Datum
headroom_guard_processes(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *set = begin_set(fcinfo);
	HeadroomSegment *segment = segment_or_null();

	if (segment == NULL)
		return (Datum) 0;
	for (uint32 i = 0; i < segment->slot_count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		put_process(set, slot_at(segment, i));
	}
	return (Datum) 0;
}

/* --- the black box -------------------------------------------------------------------------------------------------- */

static void
put_contexts(ReturnSetInfo *set, HeadroomSlot *slot)
{
	uint64 sequence = atomic_load_explicit(&slot->blackbox_sequence, memory_order_acquire);
	HeadroomSlot copy;

	if (sequence == 0 || sequence % 2 != 0 || state_name(atomic_load(&slot->state)) == NULL)
		return;
	memcpy(&copy, slot, sizeof copy);
	atomic_thread_fence(memory_order_acquire);
	if (atomic_load_explicit(&slot->blackbox_sequence, memory_order_relaxed) != sequence)
		return;
	for (uint32 i = 0; i < copy.blackbox_count && i < HEADROOM_BLACKBOX_CONTEXTS; i++)
	{
		Row row = {.column = 0};

		put(&row, Int32GetDatum(atomic_load(&copy.pid)));
		put_time(&row, true, copy.blackbox_boottime_ns);
		put_count(&row, copy.blackbox_statement_number);
		put_count(&row, copy.blackbox_allocated_bytes);
		put(&row, Int32GetDatum((int32) i + 1));
		put_text_of(&row, copy.blackbox[i].name, sizeof copy.blackbox[i].name);
		put_count(&row, copy.blackbox[i].bytes);
		put_count(&row, copy.blackbox[i].blocks);
		put_row(set, &row, CONTEXT_COLUMNS);
	}
}

Datum
headroom_guard_contexts(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *set = begin_set(fcinfo);
	HeadroomSegment *segment = segment_or_null();

	if (segment == NULL)
		return (Datum) 0;
	for (uint32 i = 0; i < segment->slot_count; i++)
		put_contexts(set, slot_at(segment, i));
	return (Datum) 0;
}

/* --- events --------------------------------------------------------------------------------------------------------- */

static const char *
event_name(uint32 type)
{
	static const char *const names[] = {NULL,    "denial", "would_block",   "block",         "soft_denial",
										"fatal", "panic",  "lease_expired", "lease_renewed", "switched"};

	return type < lengthof(names) ? names[type] : NULL;
}

static const char *
source_name(uint32 source)
{
	static const char *const names[] = {NULL, "malloc", "mmap", "dsm"};

	return source < lengthof(names) ? names[source] : NULL;
}

static void
put_event(ReturnSetInfo *set, uint64 position, const HeadroomEventPayload *event)
{
	bool is_outcome = event->type == HEADROOM_EVENT_BLOCK || event->type == HEADROOM_EVENT_FATAL ||
					  event->type == HEADROOM_EVENT_PANIC;
	bool is_judged = event->judged_by != HEADROOM_JUDGED_BY_NONE;
	Row row = {.column = 0};

	put_count(&row, position);
	put_time(&row, true, event->boottime_ns);
	put_text(&row, event_name(event->type));
	put(&row, Int32GetDatum(event->pid));
	put_text(&row, kind_name(event->kind));
	put_oid(&row, event->identity_is_set, event->database_oid);
	put_oid(&row, event->identity_is_set, event->user_oid);
	if (event->in_statement)
		put_count(&row, event->statement_number);
	else
		put_null(&row);
	if (event->query_id_is_set)
		put_bytes(&row, event->query_id);
	else
		put_null(&row);
	put_text(&row, headroom_mode_name(event->mode));
	put_text(&row, source_name(event->source));
	if (event->judged_by >= HEADROOM_JUDGED_BY_SHADOW)
		put(&row, Int32GetDatum((int32) (event->judged_by - HEADROOM_JUDGED_BY_SHADOW)));
	else
		put_null(&row);
	put_text_of(&row, event->policy_id, sizeof event->policy_id);
	if (is_judged)
	{
		put_count(&row, event->limit_bytes);
		put_bytes(&row, event->allocated_bytes);
		put_bytes(&row, event->process_allocated_bytes);
		put_count(&row, event->requested_bytes);
		put_count(&row, event->denials_in_statement);
	}
	else
	{
		for (int i = 0; i < 5; i++)
			put_null(&row);
	}
	put_text(&row, is_outcome ? unpack_sql_state((int) event->detail) : NULL);
	put_text(&row, event->type == HEADROOM_EVENT_SWITCHED ? headroom_mode_name(event->detail) : NULL);
	put_row(set, &row, EVENT_COLUMNS);
}

Datum
headroom_guard_events(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *set = begin_set(fcinfo);
	HeadroomSegment *segment = segment_or_null();
	uint64 head;

	if (segment == NULL)
		return (Datum) 0;
	head = atomic_load_explicit(&segment->ring_head, memory_order_acquire);
	for (uint64 at = head > segment->ring_capacity ? head - segment->ring_capacity : 0; at < head; at++)
	{
		HeadroomEventPayload event;

		if (headroom_guard->read_event(at, &event) == HEADROOM_READ_WHOLE)
			put_event(set, at, &event);
	}
	return (Datum) 0;
}

/* --- the kill switch ------------------------------------------------------------------------------------------------ */

Datum
headroom_guard_switch(PG_FUNCTION_ARGS)
{
	HeadroomMode mode = headroom_mode_named(text_to_cstring(PG_GETARG_TEXT_PP(0)));
	HeadroomSegment *segment = segment_or_null();
	uint32 before;

	if (segment == NULL)
		ereport(ERROR, errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE), errmsg("there is no guard to switch"),
				errhint("Start Postgres with libheadroom_guard.so in LD_PRELOAD and headroom in shared_preload_libraries."));
	before = atomic_load(&segment->switch_mode);
	headroom_guard->set_switch(mode);
	ereport(LOG, errmsg("headroom: %s switched the guard from %s to %s", GetUserNameFromId(GetUserId(), false),
						headroom_mode_name(before), headroom_mode_name(mode)));
	PG_RETURN_TEXT_P(cstring_to_text(headroom_mode_name(before)));
}
