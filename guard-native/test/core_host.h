/*
 * core_host.h: the core in a plain program, as one Postgres process of which everything can be set.
 */
#ifndef HEADROOM_CORE_HOST_H
#define HEADROOM_CORE_HOST_H

#include <string.h>
#include <sys/wait.h>

#include "check.h"
#include "judge.h"
#include "points.h"
#include "process.h"
#include "shared.h"
#include "statement.h"

#define MIB (INT64_C(1) << 20)

typedef struct CoreHost
{
	uint32_t crit_section_count;
	uint32_t interrupt_holdoff_count;
	void *exception_stack;
	bool proc_exit_inprogress;
	int backend_type; /* 1: client backend, 2: background worker, 3: checkpointer */
	int parallel_worker_number;
	bool is_in_recursion;
} CoreHost;

static CoreHost core_host = {.exception_stack = &core_host, .parallel_worker_number = -1};
static HeadroomSegment *segment;

static bool
core_in_recursion(void)
{
	return core_host.is_in_recursion;
}

static const char *
core_type_name(int type)
{
	return type == 1 ? "client backend" : type == 2 ? "background worker" : type == 3 ? "checkpointer" : "?";
}

/* This process becomes a postmaster with a segment, and then forgets that it is one, so that it can be any kind. */
static inline void
core_start(uint32_t slots, uint32_t ring)
{
	HeadroomSetup setup = {
		.slot_count = slots,
		.ring_capacity = ring,
		.dsm_capacity = 16,
		.blockable_kinds = HEADROOM_BLOCKABLE_DEFAULT,
		.switch_mode = HEADROOM_MODE_ENFORCE,
		.control = {.soft_line_percent = 80},
	};

	headroom_host = (HeadroomHost) {
		.is_postgres = true,
		.crit_section_count = &core_host.crit_section_count,
		.interrupt_holdoff_count = &core_host.interrupt_holdoff_count,
		.exception_stack = &core_host.exception_stack,
		.proc_exit_inprogress = &core_host.proc_exit_inprogress,
		.backend_type = &core_host.backend_type,
		.parallel_worker_number = &core_host.parallel_worker_number,
		.in_error_recursion_trouble = core_in_recursion,
		.backend_type_name = core_type_name,
	};
	headroom_process_start();
	CHECK_EQUAL(headroom_segment_create(&setup), 0);
	segment = atomic_load(&headroom_segment);
	segment->postmaster_pid = 1;
	headroom_process.type_is_known = false;
}

static inline void
core_limit(HeadroomMode mode, int64_t bytes)
{
	HeadroomControl control = segment->control[atomic_load(&segment->control_generation) & 1];

	control.mode = mode;
	control.limit.is_set = 1;
	control.limit.limit_bytes = (uint64_t) bytes;
	CHECK(headroom_publish_control(&control));
}

/* An allocation as the preload library does it; false: refused. */
static inline bool
core_allocate(int64_t bytes)
{
	if (!headroom_admit((size_t) bytes, HEADROOM_SOURCE_MALLOC, true))
		return false;
	headroom_add((size_t) bytes);
	return true;
}

static inline int64_t
core_held(void)
{
	return atomic_load(&headroom_slot_of_process()->allocated_bytes);
}

static inline int
core_events(HeadroomEventType type)
{
	int count = 0;

	for (uint64_t position = 0; position < atomic_load(&segment->ring_head); position++)
	{
		HeadroomEventPayload event;

		CHECK_EQUAL(headroom_event_read(segment, position, &event), HEADROOM_READ_WHOLE);
		if (event.type == (uint32_t) type)
			count++;
	}
	return count;
}

/* Waits for a child and says how it ended: its exit status, or 1000 + the signal. */
static inline int
core_wait(pid_t child)
{
	int status;

	CHECK(waitpid(child, &status, 0) == child);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

#endif
