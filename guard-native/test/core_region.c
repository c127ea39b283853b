/*
 * core_region.c: random maps and unmaps against a map of pages.
 */
#include "core_host.h"
#include "region.h"

#define PAGE ((size_t) 4096)
#define PAGES 300
#define BASE ((uintptr_t) 0x700000000000)

static bool model[PAGES];

static size_t
model_pages(size_t from, size_t count, bool set_to)
{
	size_t changed = 0;

	for (size_t i = from; i < from + count; i++)
	{
		changed += model[i] != set_to;
		model[i] = set_to;
	}
	return changed;
}

int
main(void)
{
	unsigned long long state = seed_of("core_region", 99);
	size_t held = 0;
	int64_t before;

	core_start(4, 64);
	before = core_held();
	for (long i = 0; i < rounds(20000); i++)
	{
		size_t from = next_random(&state) % PAGES;
		size_t count = 1 + next_random(&state) % (PAGES - from);
		size_t removed;

		if (count > 20)
			count = 1 + count % 20;
		removed = model_pages(from, count, false);
		CHECK_EQUAL(headroom_region_counted(BASE + from * PAGE, count * PAGE), removed * PAGE);
		CHECK_EQUAL(headroom_region_remove(BASE + from * PAGE, count * PAGE), removed * PAGE);
		held -= removed;
		if (next_random(&state) % 3 != 0)
		{
			headroom_region_add(BASE + from * PAGE, count * PAGE);
			held += model_pages(from, count, true);
		}
		CHECK_EQUAL((size_t) (core_held() - before), held * PAGE);
	}
	CHECK_EQUAL(atomic_load(&segment->regions_uncounted), 0);
	CHECK_EQUAL(headroom_region_remove(BASE, PAGES * PAGE), held * PAGE);
	CHECK_EQUAL(core_held(), before);
	return 0;
}
