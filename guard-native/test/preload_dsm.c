/*
 * preload_dsm.c: POSIX shared memory is counted once for the instance, by whoever makes it, and released by whoever removes its
 * name; over the limit posix_fallocate says ENOMEM in its result.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "fake_postgres.h"

static char name[40];
static char second[40];

static int
create(const char *object, int64_t bytes)
{
	int fd = shm_open(object, O_CREAT | O_EXCL | O_RDWR, 0600);
	int result;

	CHECK(fd >= 0);
	result = posix_fallocate(fd, 0, bytes);
	close(fd);
	return result;
}

static void
in_child(void (*what)(void))
{
	pid_t child = fork();
	int status;

	if (child == 0)
	{
		what();
		exit(0);
	}
	CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void
make_first(void)
{
	MyBackendType = TYPE_CLIENT;
	CHECK_EQUAL(create(name, 3 * MIB + 1), 0);
	CHECK_EQUAL(atomic_load(&guard->slot()->dsm_bytes), 3 * MIB + 4096);
}

static void
remove_first(void)
{
	CHECK_EQUAL(shm_unlink(name), 0);
}

static void
check_growth(void)
{
	int fd;

	CHECK_EQUAL(create(name, MIB), 0);
	fd = shm_open(name, O_RDWR, 0);
	CHECK_EQUAL(posix_fallocate(fd, 0, 2 * MIB), 0);
	CHECK_EQUAL(posix_fallocate(fd, MIB, MIB), 0);
	CHECK_EQUAL(posix_fallocate64(fd, 0, 4096), 0);
	CHECK_EQUAL(atomic_load(&segment->dsm_bytes), 2 * MIB);
	close(fd);
	CHECK_EQUAL(shm_unlink(name), 0);
	CHECK_EQUAL(atomic_load(&segment->dsm_bytes), 0);
	errno = 0;
	CHECK(shm_unlink(name) == -1 && errno == ENOENT);
}

/* Real files are not memory. */
static void
check_files(void)
{
	char path[] = "/tmp/headroom-XXXXXX";
	int fd = mkstemp(path);

	CHECK(fd >= 0);
	unlink(path);
	CHECK_EQUAL(posix_fallocate(fd, 0, MIB), 0);
	close(fd);
	CHECK(posix_fallocate(-1, 0, MIB) == EBADF);
	CHECK_EQUAL(atomic_load(&segment->dsm_bytes), 0);
}

static void
check_full_table(void)
{
	char many[40];

	for (int i = 0; i < 20; i++)
	{
		snprintf(many, sizeof many, "%s.%d", name, i);
		CHECK_EQUAL(create(many, 4096), 0);
	}
	CHECK_EQUAL(atomic_load(&segment->dsm_uncounted), 4);
	CHECK_EQUAL(atomic_load(&segment->dsm_bytes), 16 * 4096);
	for (int i = 0; i < 20; i++)
	{
		snprintf(many, sizeof many, "%s.%d", name, i);
		CHECK_EQUAL(shm_unlink(many), 0);
	}
	CHECK_EQUAL(atomic_load(&segment->dsm_bytes), 0);
	CHECK_EQUAL(total(), 0);
}

static void
be_refused(void)
{
	become_client();
	InterruptHoldoffCount = 1; /* as under the lock that DSM is made under */
	errno = 0;
	CHECK_EQUAL(create(second, 9 * MIB), ENOMEM);
	CHECK_EQUAL(errno, 0);
	CHECK_EQUAL(shm_unlink(second), 0);
	CritSectionCount = 1;
	CHECK_EQUAL(create(second, 9 * MIB), 0);
	CHECK_EQUAL(shm_unlink(second), 0);
}

int
main(void)
{
	HeadroomSetup setup = usual_setup();

	snprintf(name, sizeof name, "/headroom-test.%d", getpid());
	snprintf(second, sizeof second, "/headroom-test.%d.b", getpid());
	make_segment(&setup);
	in_child(make_first);
	CHECK_EQUAL(atomic_load(&segment->dsm_bytes), 3 * MIB + 4096);
	CHECK_EQUAL(total(), 3 * MIB + 4096);
	in_child(remove_first);
	CHECK_EQUAL(atomic_load(&segment->dsm_bytes), 0);
	CHECK_EQUAL(total(), 0);
	CHECK_EQUAL(atomic_load(&segment->dsm_peak_bytes), 3 * MIB + 4096);
	check_growth();
	check_files();
	check_full_table();
	set_limit(HEADROOM_MODE_ENFORCE, 8 * MIB);
	in_child(be_refused);
	CHECK_EQUAL(atomic_load(&segment->denials), 1);
	CHECK_EQUAL(total(), 0);
	return 0;
}
