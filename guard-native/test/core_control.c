/*
 * core_control.c: a control is read whole or not at all, a writer that dies leaves the one in force, settings and limits do not
 * overwrite each other, and the lease, its fallback and the switch do what they say.
 */
#include <pthread.h>

#include "core_host.h"

static _Atomic bool stop;

static HeadroomControl
numbered(uint64_t number)
{
	HeadroomControl control = {.mode = HEADROOM_MODE_SHADOW, .lease_expires_boottime_ns = number, .reserved = number};

	control.limit.limit_bytes = number;
	for (int i = 0; i < HEADROOM_SHADOW_LIMITS; i++)
		control.shadow[i].limit_bytes = number;
	return control;
}

static void *
publish_many(void *unused)
{
	(void) unused;
	for (uint64_t number = 1; !atomic_load(&stop); number++)
	{
		HeadroomControl control = numbered(number);

		CHECK(headroom_publish_control(&control));
	}
	return NULL;
}

static void
check_never_torn(void)
{
	pthread_t writer;
	long whole = 0;
	HeadroomControl control = numbered(0);

	CHECK(headroom_publish_control(&control));
	CHECK(pthread_create(&writer, NULL, publish_many, NULL) == 0);
	for (long i = 0; i < rounds(30000); i++)
	{
		uint64_t generation;

		if (!headroom_control_read(segment, &control, &generation))
			continue;
		CHECK_EQUAL(control.limit.limit_bytes, control.lease_expires_boottime_ns);
		CHECK_EQUAL(control.shadow[7].limit_bytes, control.lease_expires_boottime_ns);
		CHECK_EQUAL(control.reserved, control.lease_expires_boottime_ns);
		whole++;
	}
	atomic_store(&stop, true);
	CHECK(pthread_join(writer, NULL) == 0);
	CHECK(whole > 0);
}

/* Two publications while a reader copies: what it copied is thrown away. */
static void
overtake(const char *name)
{
	HeadroomControl control = numbered(78);

	if (strcmp(name, "control-copied") != 0)
		return;
	headroom_point_hook = NULL;
	CHECK(headroom_publish_control(&control));
	CHECK(headroom_publish_control(&control));
}

static void
check_overtaken_reader(void)
{
	HeadroomControl control = numbered(77);
	uint64_t generation;

	CHECK(headroom_publish_control(&control));
	headroom_point_hook = overtake;
	CHECK(headroom_control_read(segment, &control, &generation));
	CHECK_EQUAL(control.limit.limit_bytes, 78);
}

static void
check_dead_writer(void)
{
	HeadroomControl control = numbered(5);
	uint64_t generation;

	CHECK(headroom_publish_control(&control));
	/* Somebody began to write and died: the other copy is half written, and the right to write is still taken. */
	generation = atomic_load(&segment->control_generation);
	memset(&segment->control[(generation + 1) & 1], 0xff, 100);
	atomic_store(&segment->control_writer_until_boottime_ns, headroom_boottime_ns() + 300000000);
	CHECK(headroom_control_read(segment, &control, &generation));
	CHECK_EQUAL(control.limit.limit_bytes, 5);
	control = numbered(6);
	CHECK(headroom_publish_control(&control));
	CHECK(headroom_control_read(segment, &control, &generation));
	CHECK_EQUAL(control.limit.limit_bytes, 6);
	/* A right to write that does not end in time: the publication fails, and nothing changes. */
	atomic_store(&segment->control_writer_until_boottime_ns, UINT64_MAX);
	CHECK(!headroom_publish_control(&control));
	atomic_store(&segment->control_writer_until_boottime_ns, 0);
}

static void
check_settings(void)
{
	HeadroomSettings settings = {.fallback = HEADROOM_FALLBACK_KEEP, .blame = HEADROOM_BLAME_LARGEST, .soft_line_percent = 70,
								 .exempt_superusers = 1};
	HeadroomControl control = numbered(9);
	uint64_t generation;

	CHECK(headroom_publish_control(&control));
	CHECK(headroom_publish_settings(&settings));
	CHECK(headroom_control_read(segment, &control, &generation));
	CHECK_EQUAL(control.limit.limit_bytes, 9);
	CHECK_EQUAL(control.fallback, HEADROOM_FALLBACK_KEEP);
	CHECK_EQUAL(control.soft_line_percent, 70);
}

static HeadroomMode
mode_with(HeadroomMode mode, HeadroomMode allowed, int64_t lease_ns, HeadroomFallback fallback)
{
	HeadroomControl control = {.mode = mode, .lease_is_set = lease_ns != 0, .fallback = fallback};

	control.lease_expires_boottime_ns = (uint64_t) ((int64_t) headroom_boottime_ns() + lease_ns);
	atomic_store(&segment->switch_mode, (uint32_t) allowed);
	return headroom_effective_mode(segment, &control);
}

static void
check_modes(void)
{
	const int64_t hour = INT64_C(3600) * 1000000000;

	for (uint32_t mode = HEADROOM_MODE_OFF; mode <= HEADROOM_MODE_ENFORCE; mode++)
	{
		for (uint32_t allowed = HEADROOM_MODE_OFF; allowed <= HEADROOM_MODE_ENFORCE; allowed++)
		{
			uint32_t lower = mode < allowed ? mode : allowed;

			CHECK_EQUAL(mode_with(mode, allowed, 0, HEADROOM_FALLBACK_COUNT), lower);
			CHECK_EQUAL(mode_with(mode, allowed, hour, HEADROOM_FALLBACK_COUNT), lower);
			CHECK_EQUAL(mode_with(mode, allowed, -1, HEADROOM_FALLBACK_COUNT), HEADROOM_MODE_OFF);
			CHECK_EQUAL(mode_with(mode, allowed, -1, HEADROOM_FALLBACK_KEEP), lower);
		}
	}
	CHECK_EQUAL(mode_with((HeadroomMode) 17, HEADROOM_MODE_ENFORCE, 0, HEADROOM_FALLBACK_COUNT), HEADROOM_MODE_ENFORCE);
	CHECK_EQUAL(mode_with((HeadroomMode) 17, (HeadroomMode) 18, 0, HEADROOM_FALLBACK_COUNT), HEADROOM_MODE_OFF);
}

static void
check_lease_events(void)
{
	const int64_t hour = INT64_C(3600) * 1000000000;
	int expired;
	int renewed;

	mode_with(HEADROOM_MODE_SHADOW, HEADROOM_MODE_ENFORCE, 0, HEADROOM_FALLBACK_COUNT);
	expired = core_events(HEADROOM_EVENT_LEASE_EXPIRED);
	renewed = core_events(HEADROOM_EVENT_LEASE_RENEWED);
	for (int i = 0; i < 5; i++)
		mode_with(HEADROOM_MODE_SHADOW, HEADROOM_MODE_ENFORCE, hour, HEADROOM_FALLBACK_COUNT);
	for (int i = 0; i < 5; i++)
		mode_with(HEADROOM_MODE_SHADOW, HEADROOM_MODE_ENFORCE, -1, HEADROOM_FALLBACK_COUNT);
	CHECK_EQUAL(core_events(HEADROOM_EVENT_LEASE_RENEWED) - renewed, 1);
	CHECK_EQUAL(core_events(HEADROOM_EVENT_LEASE_EXPIRED) - expired, 1);
}

int
main(void)
{
	core_start(4, 1024);
	check_modes();
	check_lease_events();
	check_settings();
	check_overtaken_reader();
	check_dead_writer();
	check_never_torn();
	return 0;
}
