/*
 * core_counters.c: the account where the allocator counts for itself, over an allocator that only counts. After every step the
 * slot must say exactly what is held once it is asked, be behind by a bounded amount before, and cover it with its charge.
 */
#include <pthread.h>
#include <signal.h>
#include <sys/time.h>

#include "core_host.h"

#define CALL_EVERY 65536
#define BEHIND_AT_MOST (INT64_C(192) * 1024)
#define BLOCKS 256

static volatile uint64_t allocated;
static volatile uint64_t deallocated;
static volatile uint64_t next_call = CALL_EVERY;
static volatile uint64_t next_call_back = CALL_EVERY;
static long passed;
static long asked;

/* As jemalloc does it: the counter first, then the call. */
static void
given(int64_t bytes)
{
	allocated += (uint64_t) bytes;
	if (allocated < next_call)
		return;
	next_call = allocated + CALL_EVERY;
	headroom_counters_moved(NULL, allocated, deallocated);
}

static void
give_back(int64_t bytes)
{
	deallocated += (uint64_t) bytes;
	if (deallocated < next_call_back)
		return;
	next_call_back = deallocated + CALL_EVERY;
	headroom_counters_moved(NULL, allocated, deallocated);
}

/* Blocks are up to a fifth larger than they were asked for. */
static int64_t
usable(int64_t bytes)
{
	return bytes + bytes / 5 / 16 * 16;
}

static bool
take(int64_t bytes)
{
	if (headroom_passes((size_t) bytes))
	{
		passed++;
		given(usable(bytes));
		return true;
	}
	asked++;
	if (!headroom_admit((size_t) bytes, HEADROOM_SOURCE_MALLOC, true))
		return false;
	given(usable(bytes));
	headroom_counters_sync();
	return true;
}

static int64_t
told(void)
{
	return atomic_load(&headroom_process.slot->allocated_bytes);
}

static int64_t
asked_for(void)
{
	return atomic_load(&headroom_api_slot()->allocated_bytes);
}

static int64_t
total(void)
{
	return atomic_load(&segment->limited_bytes);
}

/* What a process holds before it has a segment goes into it. */
static void
check_before_segment(void)
{
	headroom_counters_start(&allocated, &deallocated);
	CHECK(!headroom_passes(1));
	CHECK(take(1000));
	CHECK(headroom_passes(5 * MIB));
	CHECK(take(5 * MIB));
	core_start(8, 64);
	CHECK_EQUAL(asked_for(), usable(1000) + usable(5 * MIB));
	CHECK(atomic_load(&headroom_process.slot->charged_bytes) >= told());
	CHECK(!headroom_passes(5 * MIB));
	give_back(usable(5 * MIB) + usable(1000));
	CHECK_EQUAL(asked_for(), 0);
	headroom_trim();
	CHECK_EQUAL(atomic_load(&headroom_process.slot->charged_bytes), 0);
}

static void
check_steps(void)
{
	unsigned long long state = seed_of("core_counters", 11);
	int64_t blocks[BLOCKS] = {0};
	int64_t held = 0;
	int64_t reserve;

	core_host.backend_type = 1;
	headroom_statement_begin();
	reserve = 5 * (INT64_C(256) * 1024);
	passed = asked = 0;
	for (long i = 0; i < rounds(200000); i++)
	{
		unsigned at = (unsigned) (next_random(&state) % BLOCKS);

		if (blocks[at] != 0)
		{
			give_back(usable(blocks[at]));
			held -= usable(blocks[at]);
			blocks[at] = 0;
		}
		else
		{
			blocks[at] = (int64_t) (next_random(&state) % (next_random(&state) % 32 == 0 ? 3000000 : 9000));
			CHECK(take(blocks[at]));
			held += usable(blocks[at]);
		}
		CHECK(told() - held <= BEHIND_AT_MOST && held - told() <= BEHIND_AT_MOST);
		/* Charged is what was admitted; a block's rounding is at most a fifth of one block. */
		CHECK(total() >= held - 600000);
		CHECK(total() <= held + reserve + BEHIND_AT_MOST);
		if (i % 64 == 0)
		{
			CHECK_EQUAL(asked_for(), held);
			CHECK(total() >= held);
		}
	}
	CHECK(passed > 10 * asked);
	for (int i = 0; i < BLOCKS; i++)
		give_back(usable(blocks[i]));
	headroom_statement_end();
	CHECK_EQUAL(told(), 0);
	CHECK_EQUAL(total(), 0);
	CHECK(!headroom_passes(1));
}

/* One large free and nothing after it: the total must not wait for the next allocation. */
static void
check_large_free(void)
{
	headroom_statement_begin();
	CHECK(take(100 * MIB));
	CHECK(total() >= usable(100 * MIB));
	give_back(usable(100 * MIB));
	CHECK(total() < 2 * MIB);
	CHECK(atomic_load(&headroom_process.slot->peak_bytes) >= usable(100 * MIB));
	headroom_statement_end();
	CHECK_EQUAL(total(), 0);
}

static void
check_refusal(void)
{
	int64_t held = 0;

	core_limit(HEADROOM_MODE_ENFORCE, 20 * MIB);
	headroom_statement_begin();
	while (take(8192))
		held += usable(8192);
	CHECK_EQUAL(asked_for(), held);
	CHECK(held <= 20 * MIB + usable(8192));
	CHECK(held > 19 * MIB);
	CHECK(total() + 8192 > 20 * MIB);
	CHECK(!headroom_passes(8192));
	CHECK_EQUAL(headroom_process.denial.denials, 1);
	give_back(held / 2);
	CHECK(take(8192));
	give_back(held - held / 2 + usable(8192));
	CHECK(headroom_outcome(HEADROOM_OUTCOME_ERROR, 1));
	headroom_statement_end();
	CHECK_EQUAL(total(), 0);
	core_limit(HEADROOM_MODE_OFF, 20 * MIB);
}

static void
check_fork(void)
{
	pid_t child;

	headroom_statement_begin();
	CHECK(take(3 * MIB));
	CHECK(take(1000)); /* takes a reserve */
	CHECK(headroom_passes(1000));
	child = fork();
	if (child == 0)
	{
		CHECK(!headroom_passes(1));
		give_back(usable(MIB)); /* its parent's, and before it has a slot */
		CHECK(headroom_current_slot() == NULL);
		CHECK(take(1000));
		CHECK_EQUAL(atomic_load(&headroom_process.slot->pid), getpid());
		CHECK_EQUAL(asked_for(), usable(1000));
		give_back(usable(MIB));
		CHECK_EQUAL(asked_for(), 0); /* never below */
		CHECK(take(2000));
		CHECK_EQUAL(asked_for(), usable(2000));
		headroom_process_end();
		_exit(0);
	}
	CHECK_EQUAL(core_wait(child), 0);
	CHECK_EQUAL(asked_for(), usable(3 * MIB) + usable(1000));
	give_back(usable(3 * MIB) + usable(1000));
	headroom_statement_end();
	CHECK_EQUAL(told(), 0);
	CHECK_EQUAL(total(), 0);
}

/* Other threads count block by block into the same slot. */
static void *
count_by_block(void *unused)
{
	(void) unused;
	CHECK(!headroom_is_counted_by_allocator());
	for (long i = 0; i < rounds(100000); i++)
	{
		CHECK(headroom_admit(5003, HEADROOM_SOURCE_MALLOC, true));
		headroom_add(5008);
		headroom_remove(i % 16 == 0 ? 5007 : 5008);
	}
	return NULL;
}

static void
check_threads(void)
{
	pthread_t threads[2];
	int64_t left = 2 * ((rounds(100000) + 15) / 16);

	headroom_statement_begin();
	for (int i = 0; i < 2; i++)
		CHECK(pthread_create(&threads[i], NULL, count_by_block, NULL) == 0);
	for (long i = 0; i < rounds(200000); i++)
	{
		CHECK(take(7001));
		give_back(usable(7001));
	}
	for (int i = 0; i < 2; i++)
		CHECK(pthread_join(threads[i], NULL) == 0);
	CHECK_EQUAL(asked_for(), left);
	headroom_remove((size_t) left);
	headroom_statement_end();
	CHECK_EQUAL(told(), 0);
	CHECK_EQUAL(total(), 0);
}

static volatile sig_atomic_t inside;
static volatile sig_atomic_t handled;

/* The allocator itself cannot be entered twice; everything of the guard's can. */
static void
on_alarm(int signal)
{
	(void) signal;
	if (!inside)
	{
		CHECK(take(90001));
		give_back(usable(90001));
		(void) headroom_api_slot();
	}
	handled++;
}

static void
check_signals(void)
{
	struct itimerval timer = {.it_interval = {0, 100}, .it_value = {0, 100}};
	struct itimerval none = {.it_value = {0, 0}};
	struct sigaction action = {.sa_handler = on_alarm, .sa_flags = SA_RESTART};

	CHECK(sigaction(SIGALRM, &action, NULL) == 0);
	CHECK(setitimer(ITIMER_REAL, &timer, NULL) == 0);
	headroom_statement_begin();
	while (handled < rounds(1000))
	{
		for (int i = 0; i < 50; i++)
			headroom_counters_sync();
		inside = 1;
		CHECK(take(3001));
		inside = 0;
		for (int i = 0; i < 50; i++)
			headroom_counters_sync();
		inside = 1;
		give_back(usable(3001));
		inside = 0;
	}
	CHECK(setitimer(ITIMER_REAL, &none, NULL) == 0);
	headroom_statement_end();
	CHECK_EQUAL(told(), 0);
	CHECK_EQUAL(total(), 0);
}

int
main(void)
{
	check_before_segment();
	check_steps();
	check_large_free();
	check_refusal();
	check_fork();
	check_signals();
	check_threads();
	return 0;
}
