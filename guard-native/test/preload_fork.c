/*
 * preload_fork.c: children start from zero however they are made, what they free of their parent's never makes an account drift
 * or wrap, an exec takes nothing along, and whoever dies leaves nothing behind in the totals.
 */
#include <malloc.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "fake_postgres.h"

extern char **environ;

#define INHERITED 50
static char *inherited[INHERITED];

static int
ended(pid_t child)
{
	int status;

	CHECK(waitpid(child, &status, 0) == child);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

static void
be_a_child(void)
{
	char *own;
	char *grown;

	MyBackendType = TYPE_CLIENT;
	own = malloc(1000003);
	CHECK_EQUAL(held(), malloc_usable_size(own));
	CHECK_EQUAL(atomic_load(&guard->slot()->pid), getpid());
	/* 25 of what was inherited, about 25 MB, with 1 MB of its own: the account falls to zero and stays there. */
	for (int i = 0; i < INHERITED / 2; i++)
		free(inherited[i]);
	CHECK_EQUAL(held(), 0);
	CHECK(total() >= 0);
	/* From there it is exact again. */
	for (int i = 0; i < 1000; i++)
	{
		char *more = malloc((size_t) (100 + i * 37));

		CHECK_EQUAL(held(), malloc_usable_size(more));
		free(more);
		CHECK_EQUAL(held(), 0);
	}
	grown = realloc(inherited[INHERITED - 1], 2000003);
	CHECK(held() >= 0 && held() <= (int64_t) malloc_usable_size(grown));
	free(grown);
	CHECK_EQUAL(held(), 0);
	free(own);
	CHECK_EQUAL(held(), 0);
}

static void
check_children(void)
{
	pid_t child = fork();

	if (child == 0)
	{
		be_a_child();
		exit(0);
	}
	CHECK_EQUAL(ended(child), 0);
	CHECK_EQUAL(total(), 0);

	/* Not through libc: nothing of libc's fork handlers runs. */
	child = (pid_t) syscall(SYS_fork);
	if (child == 0)
	{
		MyBackendType = TYPE_CLIENT;
		free(malloc(77));
		CHECK_EQUAL(held(), 0);
		CHECK_EQUAL(atomic_load(&guard->slot()->pid), (int) syscall(SYS_getpid));
		exit(0);
	}
	CHECK_EQUAL(ended(child), 0);
	CHECK_EQUAL(total(), 0);
}

static void
check_vfork_and_spawn(void)
{
	char *const arguments[] = {"true", NULL};
	int64_t before = held();
	pid_t child;

	child = vfork();
	if (child == 0)
		_exit(0);
	CHECK_EQUAL(ended(child), 0);
	CHECK_EQUAL(held(), before);
	CHECK_EQUAL(posix_spawn(&child, "/bin/true", NULL, NULL, arguments, environ), 0);
	CHECK_EQUAL(ended(child), 0);
	CHECK_EQUAL(held(), before);
	CHECK_EQUAL(system("exit 3") >> 8, 3);
	CHECK_EQUAL(held(), before);
}

/* A child that turns into another program keeps the segment out of it; its slot ends with it. */
static void
check_exec(void)
{
	pid_t child = fork();

	if (child == 0)
	{
		MyBackendType = TYPE_CLIENT;
		CHECK(malloc(5000000) != NULL);
		execl("/bin/sh", "sh", "-c", "for fd in /proc/self/fd/*; do readlink $fd; done | grep -c memfd:headroom-guard", NULL);
		_exit(99);
	}
	CHECK_EQUAL(ended(child), 1); /* grep found none */
	child = fork();
	if (child == 0)
	{
		free(malloc(1)); /* a new process looks around when it comes */
		exit(0);
	}
	CHECK_EQUAL(ended(child), 0);
	guard->set_facts(&(HeadroomFacts) {.max_connections = 100});
	CHECK_EQUAL(total(), 0);
}

static void
check_kills(void)
{
	for (long i = 0; i < rounds(100); i++)
	{
		pid_t child = fork();

		if (child == 0)
		{
			become_client();
			for (int j = 0; j < 100; j++)
				CHECK(malloc(30011) != NULL);
			raise(i % 2 == 0 ? SIGKILL : SIGABRT);
		}
		CHECK(ended(child) > 1000);
	}
	/* What a postmaster does after a crash. */
	guard->set_facts(&(HeadroomFacts) {.max_connections = 100});
	CHECK_EQUAL(total(), 0);
	CHECK_EQUAL(atomic_load(&segment->attached_slots), 1);
	CHECK_EQUAL(atomic_load(&segment->slots_exhausted), 0);
	CHECK_EQUAL(atomic_load(&segment->others_bytes), atomic_load(&guard->slot()->charged_bytes));
}

int
main(void)
{
	HeadroomSetup setup = usual_setup();
	char link[64];
	char path[64] = "";
	bool found = false;

	/* Allocated before there is a segment: becomes the postmaster's in it. */
	for (int i = 0; i < INHERITED; i++)
		inherited[i] = malloc(1000003);
	make_segment(&setup);
	CHECK(held() >= INHERITED * INT64_C(1000003));
	CHECK_EQUAL(guard->create_segment(&setup) != 0, 1);
	for (int fd = 3; fd < 20 && !found; fd++)
	{
		snprintf(link, sizeof link, "/proc/%d/fd/%d", getpid(), fd);
		found = readlink(link, path, sizeof path - 1) > 0 && strcmp(path, "/memfd:headroom-guard (deleted)") == 0;
		memset(path, 0, sizeof path);
	}
	CHECK(found);
	check_children();
	check_vfork_and_spawn();
	check_exec();
	check_kills();
	return 0;
}
