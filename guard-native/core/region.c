/*
 * region.c: which address ranges were counted as private anonymous maps, so that unmapping takes out exactly what was put in.
 *
 * The table is on the process's own pages: a forked child starts with an empty one and does not count what it inherited. An
 * entry is taken with a compare-and-swap and never waited for; two threads that unmap the same range race in the kernel too.
 */
#include "region.h"

#include "shared.h"

#define FREE ((uintptr_t) 0)
#define TAKEN ((uintptr_t) 1)

static bool
insert(uintptr_t start, size_t bytes)
{
	for (int i = 0; i < HEADROOM_REGIONS; i++)
	{
		HeadroomRegion *region = &headroom_process.regions[i];
		uintptr_t expected = FREE;

		if (atomic_compare_exchange_strong_explicit(&region->start, &expected, TAKEN, memory_order_acquire,
													memory_order_relaxed))
		{
			atomic_store_explicit(&region->bytes, bytes, memory_order_relaxed);
			atomic_store_explicit(&region->start, start, memory_order_release);
			return true;
		}
	}
	return false;
}

void
headroom_region_add(uintptr_t start, size_t bytes)
{
	HeadroomSegment *segment = atomic_load_explicit(&headroom_segment, memory_order_acquire);

	if (insert(start, bytes))
	{
		headroom_add(bytes);
		headroom_sync();
	}
	else if (segment != NULL)
		headroom_count(&segment->regions_uncounted);
}

size_t
headroom_region_counted(uintptr_t start, size_t bytes)
{
	size_t counted = 0;

	for (int i = 0; i < HEADROOM_REGIONS; i++)
	{
		HeadroomRegion *region = &headroom_process.regions[i];
		uintptr_t begin = atomic_load_explicit(&region->start, memory_order_acquire);
		uintptr_t end = begin + atomic_load_explicit(&region->bytes, memory_order_relaxed);
		uintptr_t low = begin > start ? begin : start;
		uintptr_t high = end < start + bytes ? end : start + bytes;

		if (begin > TAKEN && low < high)
			counted += high - low;
	}
	return counted;
}

size_t
headroom_region_remove(uintptr_t start, size_t bytes)
{
	HeadroomSegment *segment = atomic_load_explicit(&headroom_segment, memory_order_acquire);
	uintptr_t stop = start + bytes;
	size_t removed = 0;

	for (int i = 0; i < HEADROOM_REGIONS; i++)
	{
		HeadroomRegion *region = &headroom_process.regions[i];
		uintptr_t begin = atomic_load_explicit(&region->start, memory_order_acquire);
		uintptr_t end = begin + atomic_load_explicit(&region->bytes, memory_order_relaxed);

		if (begin <= TAKEN || begin >= stop || end <= start ||
			!atomic_compare_exchange_strong_explicit(&region->start, &begin, TAKEN, memory_order_acquire,
													 memory_order_relaxed))
			continue;
		removed += (end < stop ? end : stop) - (begin > start ? begin : start);
		if (begin < start)
		{
			atomic_store_explicit(&region->bytes, start - begin, memory_order_relaxed);
			atomic_store_explicit(&region->start, begin, memory_order_release);
		}
		else
			atomic_store_explicit(&region->start, FREE, memory_order_release);
		/* What is left behind the hole; without room for it, it is no longer counted. */
		if (end > stop && !insert(stop, end - stop))
		{
			removed += end - stop;
			if (segment != NULL)
				headroom_count(&segment->regions_uncounted);
		}
	}
	if (removed > 0)
	{
		headroom_remove(removed);
		headroom_sync();
	}
	return removed;
}
