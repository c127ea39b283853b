/*
 * preload_drift.c: after very many allocations and frees, by threads and inside of signal handlers, every account is what it was.
 */
#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <sys/time.h>
#include <sys/wait.h>

#include "fake_postgres.h"

#define THREADS 4
#define BLOCKS 64

static void *_Atomic passed[BLOCKS];

static void
churn(unsigned long long seed, long count)
{
	unsigned long long state = seed * 2654435761u + 1;
	void *own[BLOCKS] = {NULL};

	for (long i = 0; i < count; i++)
	{
		unsigned at = (unsigned) (next_random(&state) % BLOCKS);
		size_t size = (size_t) (next_random(&state) % (next_random(&state) % 16 == 0 ? 400000 : 3000));

		switch (next_random(&state) % 4)
		{
			case 0:
				free(own[at]);
				own[at] = malloc(size);
				break;
			case 1:
				own[at] = realloc(own[at], size + 1);
				break;
			case 2:
				/* One thread allocates, another frees. */
				free(atomic_exchange(&passed[at], calloc(1, size + 1)));
				break;
			default:
				free(own[at]);
				own[at] = NULL;
				break;
		}
	}
	for (int i = 0; i < BLOCKS; i++)
		free(own[i]);
}

static void
free_passed(void)
{
	for (int i = 0; i < BLOCKS; i++)
		free(atomic_exchange(&passed[i], NULL));
}

static void *
churn_thread(void *seed)
{
	churn((unsigned long long) (uintptr_t) seed, rounds(100000));
	return NULL;
}

static volatile sig_atomic_t in_allocator;
static volatile sig_atomic_t handled;

/*
 * The guard is re-entered wherever the signal hit it. The allocator cannot be (glibc's and jemalloc's are not safe in a handler),
 * so the handler allocates only while the program is not inside of it.
 */
static void
on_alarm(int signal)
{
	int saved_errno = errno;

	(void) signal;
	if (!in_allocator)
		free(malloc(54321));
	handled++;
	errno = saved_errno;
}

static void
check_signals(void)
{
	struct itimerval timer = {.it_interval = {0, 200}, .it_value = {0, 200}};
	struct itimerval none = {.it_value = {0, 0}};
	struct sigaction action = {.sa_handler = on_alarm, .sa_flags = SA_RESTART};
	int64_t before = held();

	CHECK(sigaction(SIGALRM, &action, NULL) == 0);
	CHECK(setitimer(ITIMER_REAL, &timer, NULL) == 0);
	while (handled < 300)
	{
		guard->statement_begin();
		guard->set_query_id(42);
		guard->statement_end();
		in_allocator = 1;
		free(malloc(1000 + (size_t) handled * 100));
		in_allocator = 0;
	}
	CHECK(setitimer(ITIMER_REAL, &none, NULL) == 0);
	CHECK_EQUAL(held(), before);
}

int
main(void)
{
	HeadroomSetup setup = usual_setup();
	pthread_t threads[THREADS];
	int64_t before;

	make_segment(&setup);
	segment->postmaster_pid = 1;
	become_client();
	free(malloc(1));
	before = held();
	churn(7, rounds(300000));
	free_passed();
	CHECK_EQUAL(held(), before);
	check_signals();

	for (uintptr_t i = 0; i < THREADS; i++)
		CHECK(pthread_create(&threads[i], NULL, churn_thread, (void *) (i + 1)) == 0);
	for (int i = 0; i < THREADS; i++)
		CHECK(pthread_join(threads[i], NULL) == 0);
	free_passed();
	/* What the C library keeps for each thread is the allocator's business: once more, and nothing may have been added. */
	before = held();
	for (uintptr_t i = 0; i < THREADS; i++)
		CHECK(pthread_create(&threads[i], NULL, churn_thread, (void *) (i + 9)) == 0);
	for (int i = 0; i < THREADS; i++)
		CHECK(pthread_join(threads[i], NULL) == 0);
	free_passed();
	CHECK_EQUAL(held(), before);
	guard->statement_end();
	CHECK_EQUAL(total(), held());
	return 0;
}
