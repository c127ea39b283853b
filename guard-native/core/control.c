/*
 * control.c: the two copies of the control, read without waiting and published by one writer at a time; the lease.
 */
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "judge.h"
#include "points.h"
#include "process.h"
#include "shared.h"

#define READ_ATTEMPTS 16
#define WRITER_MAY_TAKE_NS UINT64_C(1000000000)
#define WRITER_WAITS_NS UINT64_C(2000000000)

/* Word by word and relaxed: a copy that is being overwritten is thrown away, but reading it must be defined. */
static void
copy_control(HeadroomControl *to, const HeadroomControl *from)
{
	uint64_t *words = (uint64_t *) to;
	const uint64_t *source = (const uint64_t *) from;

	for (size_t i = 0; i < sizeof *to / sizeof *words; i++)
		words[i] = __atomic_load_n(&source[i], __ATOMIC_RELAXED);
}

bool
headroom_control_read(const HeadroomSegment *segment, HeadroomControl *control, uint64_t *generation)
{
	for (int attempt = 0; attempt < READ_ATTEMPTS; attempt++)
	{
		HeadroomControl copy;
		uint64_t before = atomic_load_explicit(&segment->control_generation, memory_order_acquire);

		copy_control(&copy, &segment->control[before & 1]);
		HEADROOM_POINT("control-copied");
		atomic_thread_fence(memory_order_acquire);
		if (atomic_load_explicit(&segment->control_generation, memory_order_relaxed) == before)
		{
			*control = copy;
			*generation = before;
			return true;
		}
	}
	return false;
}

bool
headroom_control_publish(HeadroomSegment *segment, void (*change)(HeadroomControl *control, const void *what),
						 const void *what)
{
	uint64_t give_up = headroom_boottime_ns() + WRITER_WAITS_NS;
	uint64_t generation;
	HeadroomControl control;
	uint64_t *words = (uint64_t *) &control;
	uint64_t *target;

	for (;;)
	{
		uint64_t now = headroom_boottime_ns();
		uint64_t until = atomic_load_explicit(&segment->control_writer_until_boottime_ns, memory_order_relaxed);

		if (until <= now && atomic_compare_exchange_strong_explicit(
								&segment->control_writer_until_boottime_ns, &until, now + WRITER_MAY_TAKE_NS,
								memory_order_acquire, memory_order_relaxed))
			break;
		if (now > give_up)
			return false;
		nanosleep(&(struct timespec) {.tv_nsec = 1000000}, NULL);
	}

	generation = atomic_load_explicit(&segment->control_generation, memory_order_acquire);
	copy_control(&control, &segment->control[generation & 1]);
	change(&control, what);
	target = (uint64_t *) &segment->control[(generation + 1) & 1];
	for (size_t i = 0; i < sizeof control / sizeof *words; i++)
		__atomic_store_n(&target[i], words[i], __ATOMIC_RELAXED);
	atomic_store_explicit(&segment->control_generation, generation + 1, memory_order_release);
	atomic_store_explicit(&segment->control_writer_until_boottime_ns, 0, memory_order_release);
	return true;
}

static void
change_settings(HeadroomControl *control, const void *what)
{
	const HeadroomSettings *settings = what;

	control->fallback = settings->fallback;
	control->blame = settings->blame;
	control->soft_line_percent = settings->soft_line_percent;
	control->exempt_superusers = settings->exempt_superusers;
}

static void
change_all(HeadroomControl *control, const void *what)
{
	*control = *(const HeadroomControl *) what;
}

bool
headroom_publish_settings(const HeadroomSettings *settings)
{
	HeadroomSegment *segment = atomic_load_explicit(&headroom_segment, memory_order_acquire);

	return segment != NULL && headroom_control_publish(segment, change_settings, settings);
}

bool
headroom_publish_control(const HeadroomControl *control)
{
	HeadroomSegment *segment = atomic_load_explicit(&headroom_segment, memory_order_acquire);

	return segment != NULL && headroom_control_publish(segment, change_all, control);
}

static void
note_lease(HeadroomSegment *segment, const HeadroomControl *control, HeadroomLeaseState state)
{
	uint32_t before = atomic_load_explicit(&segment->lease_state, memory_order_relaxed);
	HeadroomEventPayload event;

	if (before == (uint32_t) state ||
		!atomic_compare_exchange_strong_explicit(&segment->lease_state, &before, (uint32_t) state, memory_order_relaxed,
												 memory_order_relaxed))
		return;
	if (state == HEADROOM_LEASE_NONE)
		return;
	headroom_event_begin(segment, atomic_load_explicit(&headroom_process.slot, memory_order_relaxed),
						 state == HEADROOM_LEASE_VALID ? HEADROOM_EVENT_LEASE_RENEWED : HEADROOM_EVENT_LEASE_EXPIRED, &event);
	event.detail = control->fallback;
	headroom_event_write(segment, &event);
}

HeadroomMode
headroom_effective_mode(HeadroomSegment *segment, const HeadroomControl *control)
{
	uint32_t allowed = atomic_load_explicit(&segment->switch_mode, memory_order_relaxed);
	uint32_t mode = control->mode < allowed ? control->mode : allowed;
	bool has_run_out = false;

	if (control->lease_is_set)
		has_run_out = headroom_boottime_ns() >= control->lease_expires_boottime_ns;
	note_lease(segment, control,
			   !control->lease_is_set ? HEADROOM_LEASE_NONE
									  : (has_run_out ? HEADROOM_LEASE_EXPIRED : HEADROOM_LEASE_VALID));
	if (has_run_out && control->fallback != HEADROOM_FALLBACK_KEEP)
		return HEADROOM_MODE_OFF;
	return mode > HEADROOM_MODE_ENFORCE ? HEADROOM_MODE_OFF : (HeadroomMode) mode;
}
