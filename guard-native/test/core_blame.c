/*
 * core_blame.c: with blame `largest` the same request is refused to the hog and granted to its small neighbour, between the soft
 * line and the limit; beyond the limit to nobody. Two processes, one after the other.
 */
#include "core_host.h"

/* Limit 100 MiB, soft line 80: middle 90; two share, so a share is 50. */
#define LIMIT (100 * MIB)

static int orders[2];
static int answers[2];

/* The hog: allocates what it is told to, and says whether it could. */
static void
be_hog(void)
{
	int64_t bytes;

	close(orders[1]);
	core_host.backend_type = 1;
	headroom_statement_begin();
	while (read(orders[0], &bytes, sizeof bytes) == sizeof bytes)
	{
		char granted = core_allocate(bytes) ? 'y' : 'n';

		headroom_trim(); /* no reserve in the sums of this test */
		CHECK(write(answers[1], &granted, 1) == 1);
	}
	headroom_process_end();
	_exit(0);
}

static bool
hog_gets(int64_t bytes)
{
	char granted;

	CHECK(write(orders[1], &bytes, sizeof bytes) == sizeof bytes);
	CHECK(read(answers[0], &granted, 1) == 1);
	return granted == 'y';
}

static bool
neighbour_gets(int64_t bytes)
{
	bool granted = core_allocate(bytes);

	headroom_trim();
	return granted;
}

int
main(void)
{
	HeadroomSettings settings = {.blame = HEADROOM_BLAME_LARGEST, .soft_line_percent = 80};
	pid_t hog;

	core_start(8, 256);
	CHECK(pipe(orders) == 0 && pipe(answers) == 0);
	CHECK(headroom_publish_settings(&settings));
	core_limit(HEADROOM_MODE_ENFORCE, LIMIT);
	hog = fork();
	if (hog == 0)
		be_hog();
	close(orders[0]);
	core_host.backend_type = 1;
	headroom_statement_begin();

	CHECK(hog_gets(60 * MIB));
	CHECK(neighbour_gets(19 * MIB)); /* 79: below the soft line */
	CHECK(!hog_gets(2 * MIB));       /* 81: the largest, above its share */
	CHECK(neighbour_gets(4 * MIB));  /* 83, though it passes the soft line too */
	CHECK(!hog_gets(2 * MIB));
	CHECK(neighbour_gets(12 * MIB)); /* 95, above the middle, within its share */
	CHECK(!neighbour_gets(6 * MIB)); /* 101: the limit is the limit */
	CHECK_EQUAL(core_events(HEADROOM_EVENT_DENIAL), 3);
	CHECK_EQUAL(atomic_load(&segment->limited_bytes), 95 * MIB);

	/* Alone, the neighbour is its own hog. */
	close(orders[1]);
	CHECK_EQUAL(core_wait(hog), 0);
	CHECK_EQUAL(atomic_load(&segment->limited_bytes), 35 * MIB);
	CHECK(neighbour_gets(45 * MIB));  /* 80 */
	CHECK(neighbour_gets(15 * MIB));  /* 95: alone, its share is the limit */
	CHECK(!neighbour_gets(6 * MIB));  /* 101 */
	return 0;
}
