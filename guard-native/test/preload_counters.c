/*
 * preload_counters.c: where jemalloc counts for itself the guard takes its word, and only there; either way the account is the sum
 * of what every block's usable size is. Run with a jemalloc, with a jemalloc whose counters are out of reach, and with glibc.
 */
#include <malloc.h>
#include <pthread.h>
#include <sys/wait.h>

#include "fake_postgres.h"

#define BLOCKS 512
#define BEHIND_AT_MOST (INT64_C(192) * 1024)

typedef int (*Mallctl)(const char *name, void *old, size_t *old_bytes, void *new, size_t new_bytes);

static HeadroomSlot *slot;
static void *blocks[BLOCKS];

/* What a reader from outside sees. */
static int64_t
told(void)
{
	return atomic_load(&slot->allocated_bytes);
}

static bool
allocator_counts(void)
{
	Mallctl mallctl_function;
	void *callback[2];
	size_t bytes = sizeof callback;

	*(void **) &mallctl_function = dlsym(RTLD_DEFAULT, "mallctl");
	return mallctl_function != NULL &&
		   mallctl_function("experimental.thread.activity_callback", callback, &bytes, NULL, 0) == 0;
}

/* A small block is not told before somebody asks when the allocator counts, and at once when the guard does. */
static void
check_way(bool counts)
{
	int64_t before;
	char *small;
	char *large;

	free(malloc(100));
	before = held();
	small = malloc(100);
	CHECK_EQUAL(told() - before, counts ? 0 : (long long) malloc_usable_size(small));
	CHECK_EQUAL(held() - before, malloc_usable_size(small));
	large = malloc(5000001);
	CHECK_EQUAL(told() - before, malloc_usable_size(small) + malloc_usable_size(large));
	free(large);
	CHECK_EQUAL(told() - before, malloc_usable_size(small));
	free(small);
	CHECK_EQUAL(held(), before);
}

static void *
other_block(unsigned long long kind, size_t size)
{
	void *block = NULL;

	switch (kind % 6)
	{
		case 0:
			return calloc(size / 7 + 1, 7);
		case 1:
			return memalign(64, size);
		case 2:
			CHECK_EQUAL(posix_memalign(&block, 4096, size), 0);
			return block;
		case 3:
			return aligned_alloc(16, (size + 15) / 16 * 16);
		case 4:
			return realloc(NULL, size);
		default:
			return malloc(size);
	}
}

static void
check_sum(void)
{
	unsigned long long state = seed_of("preload_counters", 5);
	int64_t before = held();
	int64_t sum = 0;

	for (long i = 0; i < rounds(300000); i++)
	{
		size_t at = (size_t) (next_random(&state) % BLOCKS);
		size_t size = (size_t) (next_random(&state) % (next_random(&state) % 64 == 0 ? 2000000 : 20000)) + 1;

		sum -= blocks[at] == NULL ? 0 : (int64_t) malloc_usable_size(blocks[at]);
		if (next_random(&state) % 4 == 0)
			blocks[at] = realloc(blocks[at], size);
		else
		{
			free(blocks[at]);
			blocks[at] = next_random(&state) % 3 == 0 ? NULL : other_block(next_random(&state), size);
		}
		sum += blocks[at] == NULL ? 0 : (int64_t) malloc_usable_size(blocks[at]);
		CHECK(told() - before - sum <= BEHIND_AT_MOST && sum - (told() - before) <= BEHIND_AT_MOST);
		if (i % 100 == 0)
		{
			CHECK_EQUAL(held() - before, sum);
			CHECK(total() >= held());
		}
	}
	for (int i = 0; i < BLOCKS; i++)
	{
		free(blocks[i]);
		blocks[i] = NULL;
	}
	CHECK_EQUAL(held(), before);
}

static void *
fill(void *unused)
{
	for (int i = 0; i < BLOCKS; i++)
	{
		free(blocks[i]);
		blocks[i] = malloc(1000 + (size_t) i);
	}
	return unused;
}

static int64_t
filled(void)
{
	int64_t sum = 0;

	for (int i = 0; i < BLOCKS; i++)
		sum += (int64_t) malloc_usable_size(blocks[i]);
	return sum;
}

/* What one thread allocates another frees. */
static void
check_threads(void)
{
	pthread_t thread;
	int64_t before;

	/* What a thread brings along is there once the first one was. */
	CHECK(pthread_create(&thread, NULL, fill, NULL) == 0);
	CHECK(pthread_join(thread, NULL) == 0);
	before = held() - filled();
	for (int i = 0; i < 10; i++)
	{
		fill(NULL);
		CHECK_EQUAL(held() - before, filled());
		CHECK(pthread_create(&thread, NULL, fill, NULL) == 0);
		CHECK(pthread_join(thread, NULL) == 0);
		CHECK_EQUAL(held() - before, filled());
	}
	for (int i = 0; i < BLOCKS; i++)
		free(blocks[i]);
	CHECK_EQUAL(held(), before);
}

/* A child of a child, which all have the counters of the first. */
static void
check_generations(int left)
{
	pid_t child;
	int status;

	fflush(NULL);
	child = fork();
	if (child == 0)
	{
		char *own;

		free(malloc(10));
		CHECK_EQUAL(held(), 0);
		slot = guard->slot();
		become_client();
		own = malloc(70001);
		check_way(allocator_counts());
		CHECK_EQUAL(held(), malloc_usable_size(own));
		if (left > 0)
			check_generations(left - 1);
		exit(0);
	}
	CHECK(waitpid(child, &status, 0) == child);
	CHECK_EQUAL(status, 0);
}

int
main(void)
{
	HeadroomSetup setup = usual_setup();

	make_segment(&setup);
	segment->postmaster_pid = 1;
	become_client();
	slot = guard->slot();
	check_way(allocator_counts());
	check_sum();
	check_generations(3);
	check_threads();
	guard->statement_end();
	CHECK_EQUAL(total(), held());
	return 0;
}
