/*
 * check.h: what every test program uses. A program prints nothing and exits 0, or names the first check that failed on stderr
 * and exits 1. 77 means that the machine lacks what it needs; the reason is on stderr.
 */
#ifndef HEADROOM_CHECK_H
#define HEADROOM_CHECK_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define CHECK(condition)                                                                                               \
	do                                                                                                                 \
	{                                                                                                                  \
		if (!(condition))                                                                                              \
		{                                                                                                              \
			dprintf(STDERR_FILENO, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition);                             \
			_exit(1);                                                                                                  \
		}                                                                                                              \
	} while (0)

#define CHECK_EQUAL(actual, expected)                                                                                  \
	do                                                                                                                 \
	{                                                                                                                  \
		long long actual_ = (long long) (actual);                                                                      \
		long long expected_ = (long long) (expected);                                                                  \
                                                                                                                       \
		if (actual_ != expected_)                                                                                      \
		{                                                                                                              \
			dprintf(STDERR_FILENO, "%s:%d: %s is %lld, not %lld\n", __FILE__, __LINE__, #actual, actual_, expected_);  \
			_exit(1);                                                                                                  \
		}                                                                                                              \
	} while (0)

#define SKIP(reason)                                                                                                   \
	do                                                                                                                 \
	{                                                                                                                  \
		dprintf(STDERR_FILENO, "skipped: %s\n", reason);                                                               \
		_exit(77);                                                                                                     \
	} while (0)

/* Rounds of a long test; HEADROOM_TEST_PERCENT makes it longer or shorter. */
static inline long
rounds(long usual)
{
	const char *percent = getenv("HEADROOM_TEST_PERCENT");

	return percent == NULL ? usual : usual / 100 * atol(percent);
}

/* A seed that is told, so that a failure can be had again with HEADROOM_TEST_SEED. */
static inline unsigned long long
seed_of(const char *program, unsigned long long usual)
{
	const char *text = getenv("HEADROOM_TEST_SEED");
	unsigned long long seed = text == NULL ? usual : strtoull(text, NULL, 10);

	dprintf(STDERR_FILENO, "%s: seed %llu\n", program, seed);
	return seed;
}

/* xorshift64*: the same numbers everywhere. */
static inline unsigned long long
next_random(unsigned long long *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * 2685821657736338717ull;
}

#endif
