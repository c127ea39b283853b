/*
 * preload_map.c: private anonymous maps are counted page by page, and only those that are memory; the allocator's own maps are
 * counted as what it hands out.
 */
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <sys/mman.h>

#include "fake_postgres.h"

#define PAGE ((size_t) 4096)

static int64_t before;

static char *
map(size_t bytes, int protection, int flags, int fd)
{
	return mmap(NULL, bytes, protection, flags, fd, 0);
}

static void
check_counted(void)
{
	char *range = map(10 * PAGE - 1, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);

	CHECK(range != MAP_FAILED);
	CHECK_EQUAL(held() - before, 10 * PAGE);
	/* A hole in the middle, then both ends in one go. */
	CHECK_EQUAL(munmap(range + 4 * PAGE, 2 * PAGE), 0);
	CHECK_EQUAL(held() - before, 8 * PAGE);
	CHECK_EQUAL(munmap(range + 4 * PAGE, 2 * PAGE), 0);
	CHECK_EQUAL(held() - before, 8 * PAGE);
	CHECK_EQUAL(munmap(range, 10 * PAGE), 0);
	CHECK_EQUAL(held(), before);

	/* A fixed map over a counted one replaces it. */
	range = map(6 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	CHECK_EQUAL(held() - before, 6 * PAGE);
	CHECK(mmap(range + PAGE, 2 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == range + PAGE);
	CHECK_EQUAL(held() - before, 4 * PAGE);
	CHECK(mmap64(range + PAGE, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) ==
		  range + PAGE);
	CHECK_EQUAL(held() - before, 5 * PAGE);
	CHECK_EQUAL(munmap(range, 6 * PAGE), 0);
	CHECK_EQUAL(held(), before);
}

static void
check_mremap(void)
{
	char *range = map(3 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);

	range = mremap(range, 3 * PAGE, 50 * PAGE, MREMAP_MAYMOVE);
	CHECK(range != MAP_FAILED);
	CHECK_EQUAL(held() - before, 50 * PAGE);
	range = mremap(range, 50 * PAGE, 2 * PAGE, 0);
	CHECK_EQUAL(held() - before, 2 * PAGE);
	CHECK(mremap(range, 2 * PAGE, (size_t) 1 << 47, MREMAP_MAYMOVE) == MAP_FAILED);
	CHECK_EQUAL(held() - before, 2 * PAGE);
	CHECK_EQUAL(munmap(range, 2 * PAGE), 0);
	CHECK_EQUAL(held(), before);
}

static void
check_not_counted(void)
{
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	char *range;

	CHECK(fd >= 0);
	range = map(PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1);
	CHECK(range != MAP_FAILED && held() == before);
	CHECK_EQUAL(munmap(range, PAGE), 0);
	range = map(PAGE, PROT_READ, MAP_PRIVATE, fd);
	CHECK(range != MAP_FAILED && held() == before);
	CHECK_EQUAL(munmap(range, PAGE), 0);
	range = map((size_t) 1 << 33, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1);
	CHECK(range != MAP_FAILED && held() == before);
	CHECK_EQUAL(munmap(range, (size_t) 1 << 33), 0);
	close(fd);

	/* Large enough that every allocator maps it. */
	range = malloc(200000003);
	CHECK_EQUAL(held() - before, malloc_usable_size(range));
	free(range);
	CHECK_EQUAL(held(), before);
}

/* One more map than the table has room for is not counted, and that is told. */
static void
check_full_table(void)
{
	enum
	{
		MANY = 600
	};
	char *ranges[MANY];

	for (int i = 0; i < MANY; i++)
		ranges[i] = map(PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	CHECK_EQUAL((held() - before) / (int64_t) PAGE, MANY - (int64_t) atomic_load(&segment->regions_uncounted));
	CHECK(atomic_load(&segment->regions_uncounted) == MANY - 512);
	for (int i = 0; i < MANY; i++)
		CHECK_EQUAL(munmap(ranges[i], PAGE), 0);
	CHECK_EQUAL(held(), before);
}

static void
check_refusal(void)
{
	char *range;

	become_client();
	set_limit(HEADROOM_MODE_ENFORCE, 8 * MIB);
	range = map(4 * MIB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	CHECK(range != MAP_FAILED);
	errno = 0;
	CHECK(map(16 * MIB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1) == MAP_FAILED && errno == ENOMEM);
	CHECK(mremap(range, 4 * MIB, 16 * MIB, MREMAP_MAYMOVE) == MAP_FAILED && errno == ENOMEM);
	CHECK_EQUAL(munmap(range, 4 * MIB), 0);
	CHECK_EQUAL(atomic_load(&segment->denials), 2);
	CHECK_EQUAL(held(), before);
}

int
main(void)
{
	HeadroomSetup setup = usual_setup();

	make_segment(&setup);
	free(malloc(1));
	/* The process is the segment's postmaster; one that can be refused has to be somebody else. */
	segment->postmaster_pid = 1;
	before = held();
	check_counted();
	check_mremap();
	check_not_counted();
	check_full_table();
	check_refusal();
	return 0;
}
