/*
 * slot.c: who has which slot.
 *
 * Every change of hands is one compare-and-swap of {state, slot_generation}, so an observer that looked at a dead tenant can
 * never take the slot from a later one. A claim carries the pid of who does it: when that process dies half way, the next
 * sweep sees it and finishes. A slot whose tenant is gone keeps its values, and is used again only when no free slot is left,
 * the one that ended first before the others.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "points.h"
#include "process.h"
#include "shared.h"

#define ROUTINE_SWEEP_NS UINT64_C(1000000000)

typedef union Tenancy
{
	struct
	{
		uint32_t state;
		uint32_t generation;
	} part;
	uint64_t whole;
} Tenancy;

_Static_assert(offsetof(HeadroomSlot, slot_generation) == offsetof(HeadroomSlot, state) + 4, "one word");
_Static_assert(offsetof(HeadroomSlot, state) % 8 == 0, "aligned");

static Tenancy
tenancy_of(HeadroomSlot *slot)
{
	return (Tenancy) {.whole = __atomic_load_n((uint64_t *) (void *) &slot->state, __ATOMIC_ACQUIRE)};
}

static bool
tenancy_change(HeadroomSlot *slot, Tenancy from, uint32_t state, uint32_t generation)
{
	Tenancy to = {.part = {state, generation}};

	return __atomic_compare_exchange_n((uint64_t *) (void *) &slot->state, &from.whole, to.whole, false,
									   __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
}

uint32_t
headroom_slot_index(const HeadroomSegment *segment, const HeadroomSlot *slot)
{
	return (uint32_t) (((const char *) slot - (const char *) segment - segment->slot_offset) / segment->slot_bytes);
}

/* The caller has claimed the slot: takes its bytes out of the totals and leaves the rest to be read. */
static void
end_tenancy(HeadroomSegment *segment, HeadroomSlot *slot, Tenancy claimed, HeadroomSlotState state)
{
	uint32_t kind = atomic_load_explicit(&slot->kind, memory_order_relaxed);
	int64_t charged = atomic_exchange_explicit(&slot->charged_bytes, 0, memory_order_relaxed);
	bool is_blockable = kind < 32 && (segment->blockable_kinds & HEADROOM_KIND_BIT(kind)) != 0;

	HEADROOM_POINT("slot-emptied");
	headroom_total_add(segment, is_blockable, -charged);
	atomic_fetch_sub_explicit(&segment->attached_slots, 1, memory_order_relaxed);
	atomic_store_explicit(&slot->order, atomic_fetch_add_explicit(&segment->next_slot_order, 1, memory_order_relaxed),
						  memory_order_relaxed);
	atomic_store_explicit(&slot->ended_boottime_ns, headroom_boottime_ns(), memory_order_relaxed);
	(void) tenancy_change(slot, claimed, (uint32_t) state, claimed.part.generation);
}

static bool
is_alive(int pid, uint64_t start_ticks, bool look_closely)
{
	int saved_errno = errno;
	bool exists = kill(pid, 0) == 0 || errno == EPERM;
	char state = '?';

	errno = saved_errno;
	if (!exists || !look_closely)
		return exists;
	/* The pid may be somebody else's by now. A zombie holds no memory. */
	if (headroom_start_ticks(pid, &state) != start_ticks && start_ticks != 0)
		return false;
	return state != 'Z' && state != 'X';
}

/* Ends the tenancy of a process that is gone. */
static bool
reclaim_if_dead(HeadroomSegment *segment, HeadroomSlot *slot, int own_pid, bool look_closely)
{
	Tenancy tenancy = tenancy_of(slot);
	uint32_t state = HEADROOM_SLOT_STATE(tenancy.part.state);
	uint32_t mine = HEADROOM_SLOT_CLAIMED_BY(own_pid);
	bool was_live = state == HEADROOM_SLOT_LIVE;
	int pid = was_live ? atomic_load_explicit(&slot->pid, memory_order_relaxed)
					   : HEADROOM_SLOT_CLAIMER(tenancy.part.state);

	if (!was_live && state != HEADROOM_SLOT_CLAIMED)
		return false;
	if (pid == own_pid || is_alive(pid, was_live ? slot->start_ticks : 0, look_closely) ||
		!tenancy_change(slot, tenancy, mine, tenancy.part.generation))
		return false;
	tenancy.part.state = mine;
	/* A claimer that died had already counted itself in or not yet; attached_slots only sizes reserves. */
	end_tenancy(segment, slot, tenancy, HEADROOM_SLOT_RECLAIMED);
	headroom_count(&segment->slots_reclaimed);
	return true;
}

uint32_t
headroom_slot_sweep(HeadroomSegment *segment, uint64_t min_interval_ns)
{
	uint64_t now = headroom_boottime_ns();
	uint64_t swept = atomic_load_explicit(&segment->swept_boottime_ns, memory_order_relaxed);
	bool look_closely = min_interval_ns == 0 || now >= swept + ROUTINE_SWEEP_NS;
	uint32_t reclaimed = 0;
	int own_pid = getpid();

	if (now < swept + min_interval_ns ||
		!atomic_compare_exchange_strong_explicit(&segment->swept_boottime_ns, &swept, now, memory_order_relaxed,
												 memory_order_relaxed))
		return 0;
	for (uint32_t i = 0; i < segment->slot_count; i++)
	{
		if (reclaim_if_dead(segment, headroom_slot_at(segment, i), own_pid, look_closely))
			reclaimed++;
	}
	return reclaimed;
}

/* The best slot to take: a free one, else the one that ended first; NULL when all are live. */
static HeadroomSlot *
find_vacant(HeadroomSegment *segment, Tenancy *tenancy)
{
	HeadroomSlot *best = NULL;
	uint64_t best_order = UINT64_MAX;

	for (uint32_t i = 0; i < segment->slot_count; i++)
	{
		HeadroomSlot *slot = headroom_slot_at(segment, i);
		Tenancy seen = tenancy_of(slot);
		uint64_t order = atomic_load_explicit(&slot->order, memory_order_relaxed);

		if (seen.part.state == HEADROOM_SLOT_FREE)
		{
			*tenancy = seen;
			return slot;
		}
		if ((seen.part.state == HEADROOM_SLOT_EXITED || seen.part.state == HEADROOM_SLOT_RECLAIMED) && order < best_order)
		{
			best = slot;
			best_order = order;
			*tenancy = seen;
		}
	}
	return best;
}

/* Everything a tenant leaves behind, except the generation and the watermarks' line that is set below. */
static void
begin_tenancy(HeadroomSlot *slot, int pid, uint64_t start_ticks)
{
	char *bytes = (char *) slot;

	memset(bytes, 0, offsetof(HeadroomSlot, state));
	memset(bytes + offsetof(HeadroomSlot, pid), 0, sizeof *slot - offsetof(HeadroomSlot, pid));
	atomic_store_explicit(&slot->pid, pid, memory_order_relaxed);
	slot->start_ticks = start_ticks;
	slot->attached_boottime_ns = headroom_boottime_ns();
}

/* A tenant with this pid cannot be alive: the pid is the caller's. */
static void
end_former_self(HeadroomSegment *segment, int pid)
{
	for (uint32_t i = 0; i < segment->slot_count; i++)
	{
		HeadroomSlot *slot = headroom_slot_at(segment, i);
		Tenancy tenancy = tenancy_of(slot);
		bool is_former = tenancy.part.state == HEADROOM_SLOT_LIVE
							 ? atomic_load_explicit(&slot->pid, memory_order_relaxed) == pid
							 : tenancy.part.state == HEADROOM_SLOT_CLAIMED_BY(pid);

		if (is_former && tenancy_change(slot, tenancy, HEADROOM_SLOT_CLAIMED_BY(pid), tenancy.part.generation))
		{
			tenancy.part.state = HEADROOM_SLOT_CLAIMED_BY(pid);
			end_tenancy(segment, slot, tenancy, HEADROOM_SLOT_RECLAIMED);
			headroom_count(&segment->slots_reclaimed);
		}
	}
}

HeadroomSlot *
headroom_slot_claim(HeadroomSegment *segment, int pid, uint64_t start_ticks)
{
	Tenancy tenancy = {.whole = 0};
	bool has_swept = false;

	end_former_self(segment, pid);
	(void) headroom_slot_sweep(segment, ROUTINE_SWEEP_NS);
	for (;;)
	{
		HeadroomSlot *slot = find_vacant(segment, &tenancy);
		uint32_t generation = tenancy.part.generation + 1;

		if (slot == NULL)
		{
			if (has_swept || headroom_slot_sweep(segment, 0) == 0)
			{
				headroom_count(&segment->slots_exhausted);
				return NULL;
			}
			has_swept = true;
			continue;
		}
		if (generation == 0)
			generation = 1;
		if (!tenancy_change(slot, tenancy, HEADROOM_SLOT_CLAIMED_BY(pid), generation))
			continue;
		atomic_fetch_add_explicit(&segment->attached_slots, 1, memory_order_relaxed);
		HEADROOM_POINT("slot-claimed");
		begin_tenancy(slot, pid, start_ticks);
		tenancy.part.state = HEADROOM_SLOT_CLAIMED_BY(pid);
		tenancy.part.generation = generation;
		(void) tenancy_change(slot, tenancy, HEADROOM_SLOT_LIVE, generation);
		return slot;
	}
}

void
headroom_slot_release(HeadroomSegment *segment, HeadroomSlot *slot)
{
	Tenancy tenancy = tenancy_of(slot);

	if (tenancy.part.state != HEADROOM_SLOT_LIVE ||
		!tenancy_change(slot, tenancy, HEADROOM_SLOT_CLAIMED_BY(getpid()), tenancy.part.generation))
		return;
	tenancy.part.state = HEADROOM_SLOT_CLAIMED_BY(getpid());
	end_tenancy(segment, slot, tenancy, HEADROOM_SLOT_EXITED);
}
