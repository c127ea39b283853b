/*
 * dsm.c: the table of POSIX shared memory objects that were counted. One process makes an object, many map it, any of them
 * removes its name, so the bytes belong to the instance; the creator's slot says who made them while it lives.
 */
#include <string.h>

#include "process.h"
#include "shared.h"

static uint32_t
name_hash(const char *name)
{
	uint32_t hash = 2166136261u;

	for (; *name != '\0'; name++)
		hash = (hash ^ (unsigned char) *name) * 16777619u;
	return hash;
}

static bool
has_name(HeadroomDsm *entry, const char *name)
{
	return atomic_load_explicit(&entry->state, memory_order_acquire) == HEADROOM_DSM_LIVE &&
		   strncmp(entry->name, name, sizeof entry->name) == 0;
}

/* Entries are emptied in place, so a search goes on over free ones: the table is small and shared memory objects are rare. */
static HeadroomDsm *
find(HeadroomSegment *segment, const char *name)
{
	uint32_t start = name_hash(name);

	for (uint32_t i = 0; i < segment->dsm_capacity; i++)
	{
		HeadroomDsm *entry = headroom_dsm_at(segment, (start + i) & (segment->dsm_capacity - 1));

		if (has_name(entry, name))
			return entry;
	}
	return NULL;
}

/* The creator's slot, while it is still the creator's. */
static HeadroomSlot *
creator_of(HeadroomSegment *segment, const HeadroomDsm *entry)
{
	HeadroomSlot *slot;

	if (entry->creator_slot_generation == 0 || entry->creator_slot >= segment->slot_count)
		return NULL;
	slot = headroom_slot_at(segment, entry->creator_slot);
	return atomic_load_explicit(&slot->slot_generation, memory_order_relaxed) == entry->creator_slot_generation ? slot
																												 : NULL;
}

static void
move_creator(HeadroomSegment *segment, const HeadroomDsm *entry, int64_t bytes)
{
	HeadroomSlot *slot = creator_of(segment, entry);

	if (slot != NULL)
		atomic_fetch_add_explicit(&slot->dsm_bytes, bytes, memory_order_relaxed);
}

int64_t
headroom_dsm_bytes(HeadroomSegment *segment, const char *name)
{
	HeadroomDsm *entry = find(segment, name);

	return entry == NULL ? 0 : atomic_load_explicit(&entry->bytes, memory_order_relaxed);
}

/* The total has the bytes already. False: the table is full, and the caller takes them out again. */
bool
headroom_dsm_add(HeadroomSegment *segment, const char *name, int64_t bytes, HeadroomSlot *creator)
{
	HeadroomDsm *entry = find(segment, name);
	uint32_t start = name_hash(name);

	for (uint32_t i = 0; entry == NULL && i < segment->dsm_capacity; i++)
	{
		HeadroomDsm *candidate = headroom_dsm_at(segment, (start + i) & (segment->dsm_capacity - 1));
		uint32_t expected = HEADROOM_DSM_FREE;

		if (!atomic_compare_exchange_strong_explicit(&candidate->state, &expected, HEADROOM_DSM_CLAIMED,
													 memory_order_acquire, memory_order_relaxed))
			continue;
		entry = candidate;
		strncpy(entry->name, name, sizeof entry->name - 1);
		entry->name[sizeof entry->name - 1] = '\0';
		entry->creator_slot = creator == NULL ? 0 : headroom_slot_index(segment, creator);
		entry->creator_slot_generation =
			creator == NULL ? 0 : atomic_load_explicit(&creator->slot_generation, memory_order_relaxed);
		atomic_store_explicit(&entry->bytes, 0, memory_order_relaxed);
		atomic_store_explicit(&entry->state, HEADROOM_DSM_LIVE, memory_order_release);
	}
	if (entry == NULL)
	{
		headroom_count(&segment->dsm_uncounted);
		return false;
	}
	atomic_fetch_add_explicit(&entry->bytes, bytes, memory_order_relaxed);
	move_creator(segment, entry, bytes);
	headroom_raise(&segment->dsm_peak_bytes,
				   atomic_fetch_add_explicit(&segment->dsm_bytes, bytes, memory_order_relaxed) + bytes);
	return true;
}

/* The bytes that the object was counted with, now out of the totals; 0 when it was not. */
int64_t
headroom_dsm_remove(HeadroomSegment *segment, const char *name)
{
	HeadroomDsm *entry = find(segment, name);
	uint32_t expected = HEADROOM_DSM_LIVE;
	int64_t bytes;

	if (entry == NULL ||
		!atomic_compare_exchange_strong_explicit(&entry->state, &expected, HEADROOM_DSM_CLAIMED, memory_order_acquire,
												 memory_order_relaxed))
		return 0;
	bytes = atomic_exchange_explicit(&entry->bytes, 0, memory_order_relaxed);
	move_creator(segment, entry, -bytes);
	atomic_fetch_sub_explicit(&segment->dsm_bytes, bytes, memory_order_relaxed);
	(void) headroom_total_add(segment, true, -bytes);
	atomic_store_explicit(&entry->state, HEADROOM_DSM_FREE, memory_order_release);
	return bytes;
}
