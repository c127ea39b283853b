/*
 * bench.c: what one malloc and one free cost, size by size. bench MODE, where MODE is bare, off, shadow or enforce: how the guard
 * is set up; `bare` runs without it. Prints "size nanoseconds" for two loops: pairs that touch nothing, and pairs that write one
 * byte in every page, as whoever allocates memory does. test/bench.sh puts the modes side by side.
 */
#include <time.h>

#include "fake_postgres.h"

static const size_t sizes[] = {64, 256, 1024, 8192, 65536, 1 << 20, 8 << 20};

static uint64_t
now_ns(void)
{
	struct timespec now;

	/* Not the wall's time: what else the machine runs must not count. */
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (uint64_t) now.tv_sec * 1000000000u + (uint64_t) now.tv_nsec;
}

/* Sixteen blocks at a time, so that it is not always the very same one. */
static void
pairs(size_t size, long count, bool touch)
{
	char *blocks[16];

	for (long i = 0; i < count; i += 16)
	{
		for (int j = 0; j < 16; j++)
		{
			blocks[j] = malloc(size);
			CHECK(blocks[j] != NULL);
			for (size_t at = 0; touch && at < size; at += 4096)
				((volatile char *) blocks[j])[at] = 1;
		}
		for (int j = 0; j < 16; j++)
			free(blocks[j]);
	}
}

/*
 * A block that stays behind the others keeps them apart from the end of the heap, where glibc would merge and trim: whether it does
 * depends on what was allocated before, and that differs between the modes.
 */
static void
separate(size_t size)
{
	char *blocks[16];
	static void *volatile last;

	for (int j = 0; j < 16; j++)
		blocks[j] = malloc(size);
	last = malloc(48);
	for (int j = 0; j < 16; j++)
		free(blocks[j]);
	CHECK(last != NULL);
}

/* Nanoseconds of a pair: the best of several measurements of some milliseconds each. */
static double
measure(size_t size, bool touch)
{
	long count = 16;
	double best = 0;

	separate(size);
	for (int measured = 0; measured < 9;)
	{
		uint64_t began = now_ns();
		uint64_t took;

		pairs(size, count, touch);
		took = now_ns() - began;
		if (took < 3000000 && count < 1000000)
		{
			count *= 2;
			continue;
		}
		if (measured++ == 0 || (double) took / (double) count < best)
			best = (double) took / (double) count;
	}
	return best;
}

int
main(int argc, char **argv)
{
	const char *mode = argc > 1 ? argv[1] : "bare";

	if (strcmp(mode, "bare") != 0)
	{
		HeadroomSetup setup = usual_setup();

		make_segment(&setup);
		segment->postmaster_pid = 1;
		become_client();
		set_limit(strcmp(mode, "off") == 0      ? HEADROOM_MODE_OFF
				  : strcmp(mode, "shadow") == 0 ? HEADROOM_MODE_SHADOW
												: HEADROOM_MODE_ENFORCE,
				  4096 * MIB);
	}
	/* glibc moves its thresholds when a large chunk is freed: the same ones for every mode. */
	free(malloc(16 << 20));
	for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
		printf("%zu %.2f %.2f\n", sizes[i], measure(sizes[i], false), measure(sizes[i], true));
	return 0;
}
