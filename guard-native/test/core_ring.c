/*
 * core_ring.c: the ring loses events only by overwriting, tells a reader which, and tells torn ones from whole ones; many
 * writers at once, a writer that is lapped, and one that dies half way.
 */
#include <pthread.h>
#include <signal.h>

#include "core_host.h"

#define RING 64
#define THREADS 4

static void
write_numbered(uint64_t number)
{
	HeadroomEventPayload event = {.type = HEADROOM_EVENT_DENIAL, .requested_bytes = number, .limit_bytes = ~number};

	headroom_event_write(segment, &event);
}

static HeadroomRead
read_at(uint64_t position, HeadroomEventPayload *event)
{
	return headroom_event_read(segment, position, event);
}

static void
check_overwriting(void)
{
	HeadroomEventPayload event;

	CHECK_EQUAL(read_at(0, &event), HEADROOM_READ_PENDING);
	for (uint64_t i = 0; i < RING + 10; i++)
		write_numbered(i);
	CHECK_EQUAL(atomic_load(&segment->ring_head), RING + 10);
	for (uint64_t i = 0; i < RING + 10; i++)
	{
		CHECK_EQUAL(read_at(i, &event), i < 10 ? HEADROOM_READ_LOST : HEADROOM_READ_WHOLE);
		if (i >= 10)
			CHECK_EQUAL(event.requested_bytes, i);
	}
	CHECK_EQUAL(read_at(RING + 10, &event), HEADROOM_READ_PENDING);
	CHECK_EQUAL(atomic_load(&segment->ring_lost), 0);
}

/* A writer stopped inside of an event for a whole lap. */
static void
lap(const char *name)
{
	if (strcmp(name, "event-claimed") != 0)
		return;
	headroom_point_hook = NULL;
	for (uint64_t i = 0; i < RING; i++)
		write_numbered(1000 + i);
}

static void
check_lapped_writer(void)
{
	uint64_t position = atomic_load(&segment->ring_head);
	HeadroomEventPayload event;

	headroom_point_hook = lap;
	write_numbered(999);
	CHECK_EQUAL(read_at(position, &event), HEADROOM_READ_LOST);
	/* The late writer wrote into the entry of the event a lap later: it must not be taken for whole. */
	CHECK_EQUAL(read_at(position + RING, &event), HEADROOM_READ_LOST);
	CHECK_EQUAL(read_at(position + RING - 1, &event), HEADROOM_READ_WHOLE);
	CHECK_EQUAL(atomic_load(&segment->ring_lost), 1);
}

static void
die(const char *name)
{
	if (strcmp(name, "event-written") == 0)
		raise(SIGKILL);
}

static void
check_killed_writer(void)
{
	uint64_t position = atomic_load(&segment->ring_head);
	HeadroomEventPayload event;
	pid_t child = fork();

	if (child == 0)
	{
		headroom_point_hook = die;
		write_numbered(1);
		_exit(0);
	}
	CHECK_EQUAL(core_wait(child), 1000 + SIGKILL);
	CHECK_EQUAL(read_at(position, &event), HEADROOM_READ_PENDING);
	/* The entry is not lost for later events. */
	for (uint64_t i = 0; i < RING; i++)
		write_numbered(i);
	CHECK_EQUAL(read_at(position + RING, &event), HEADROOM_READ_WHOLE);
}

static _Atomic bool stop;

static void *
write_many(void *first)
{
	for (uint64_t i = 0; i < (uint64_t) rounds(20000); i++)
		write_numbered((uint64_t) (uintptr_t) first + i);
	return NULL;
}

static void *
read_many(void *counters)
{
	uint64_t *whole = counters;
	uint64_t position = atomic_load(&segment->ring_head);

	while (!atomic_load(&stop))
	{
		uint64_t head = atomic_load(&segment->ring_head);
		HeadroomEventPayload event;

		if (head > position + RING)
			position = head - RING;
		for (; position < head; position++)
		{
			if (read_at(position, &event) != HEADROOM_READ_WHOLE)
				continue;
			CHECK(event.limit_bytes == ~event.requested_bytes);
			(*whole)++;
		}
	}
	return NULL;
}

static void
check_many_writers(void)
{
	pthread_t writers[THREADS];
	pthread_t reader;
	uint64_t whole = 0;
	uint64_t before = atomic_load(&segment->ring_head);

	CHECK(pthread_create(&reader, NULL, read_many, &whole) == 0);
	for (uintptr_t i = 0; i < THREADS; i++)
		CHECK(pthread_create(&writers[i], NULL, write_many, (void *) (i << 32)) == 0);
	for (int i = 0; i < THREADS; i++)
		CHECK(pthread_join(writers[i], NULL) == 0);
	write_numbered(7);
	atomic_store(&stop, true);
	CHECK(pthread_join(reader, NULL) == 0);
	CHECK_EQUAL(atomic_load(&segment->ring_head) - before, THREADS * rounds(20000) + 1);
}

int
main(void)
{
	core_start(4, RING);
	check_overwriting();
	check_lapped_writer();
	check_killed_writer();
	check_many_writers();
	return 0;
}
