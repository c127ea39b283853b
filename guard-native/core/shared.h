/*
 * shared.h: the parts of core that work on the segment: making it, its totals, slots, control, DSM table and ring.
 *
 * Memory ordering. Totals, watermarks and counters are independent numbers: relaxed read-modify-writes. What publishes other
 * memory is release, and acquire on the reader's side: `ready`, control_generation, a slot's state, a DSM entry's state, an
 * event's sequence. No function here waits for another process.
 */
#ifndef HEADROOM_SHARED_H
#define HEADROOM_SHARED_H

#include "headroom_guard.h"

/* segment.c */
int headroom_segment_create(const HeadroomSetup *setup);
void headroom_segment_set_facts(const HeadroomFacts *facts);
/* Makes the totals what the slots and the DSM table say; for a postmaster without live children. */
void headroom_segment_recount(HeadroomSegment *segment);

static inline HeadroomSlot *
headroom_slot_at(HeadroomSegment *segment, uint32_t index)
{
	return (HeadroomSlot *) ((char *) segment + segment->slot_offset + (size_t) index * segment->slot_bytes);
}

static inline HeadroomDsm *
headroom_dsm_at(HeadroomSegment *segment, uint32_t index)
{
	return (HeadroomDsm *) ((char *) segment + segment->dsm_offset + (size_t) index * segment->dsm_bytes_each);
}

static inline HeadroomEvent *
headroom_event_at(HeadroomSegment *segment, uint64_t position)
{
	uint64_t index = position & (segment->ring_capacity - 1);

	return (HeadroomEvent *) ((char *) segment + segment->ring_offset + (size_t) index * segment->ring_bytes_each);
}

static inline void
headroom_raise(_Atomic int64_t *peak, int64_t value)
{
	int64_t seen = atomic_load_explicit(peak, memory_order_relaxed);

	while (value > seen &&
		   !atomic_compare_exchange_weak_explicit(peak, &seen, value, memory_order_relaxed, memory_order_relaxed))
		;
}

/* Returns the total after it. */
static inline int64_t
headroom_total_add(HeadroomSegment *segment, bool is_blockable, int64_t bytes)
{
	_Atomic int64_t *total = is_blockable ? &segment->limited_bytes : &segment->others_bytes;
	int64_t after = atomic_fetch_add_explicit(total, bytes, memory_order_relaxed) + bytes;

	if (is_blockable && bytes > 0)
		headroom_raise(&segment->limited_peak_bytes, after);
	return after;
}

static inline void
headroom_count(_Atomic uint64_t *counter)
{
	atomic_fetch_add_explicit(counter, 1, memory_order_relaxed);
}

/* slot.c */
HeadroomSlot *headroom_slot_claim(HeadroomSegment *segment, int pid, uint64_t start_ticks);
void headroom_slot_release(HeadroomSegment *segment, HeadroomSlot *slot);
/* Takes back the slots of processes that are gone; returns how many. Not oftener than every min_interval_ns. */
uint32_t headroom_slot_sweep(HeadroomSegment *segment, uint64_t min_interval_ns);
uint32_t headroom_slot_index(const HeadroomSegment *segment, const HeadroomSlot *slot);

/* control.c */
/* Copies the control in force; false when it never held still, and *control is unchanged. */
bool headroom_control_read(const HeadroomSegment *segment, HeadroomControl *control, uint64_t *generation);
bool headroom_control_publish(HeadroomSegment *segment, void (*change)(HeadroomControl *control, const void *what),
							  const void *what);
bool headroom_publish_settings(const HeadroomSettings *settings);
bool headroom_publish_control(const HeadroomControl *control);
/* Mode after switch, lease and fallback; notes a change of the lease as an event. */
HeadroomMode headroom_effective_mode(HeadroomSegment *segment, const HeadroomControl *control);

/* ring.c */
void headroom_event_write(HeadroomSegment *segment, const HeadroomEventPayload *event);
HeadroomRead headroom_event_read(HeadroomSegment *segment, uint64_t position, HeadroomEventPayload *event);

/* dsm.c */
int64_t headroom_dsm_bytes(HeadroomSegment *segment, const char *name);
bool headroom_dsm_add(HeadroomSegment *segment, const char *name, int64_t bytes, HeadroomSlot *creator);
int64_t headroom_dsm_remove(HeadroomSegment *segment, const char *name);

#endif
