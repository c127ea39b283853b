/*
 * preload_refuse.c: a refusal as a client backend sees it: NULL and ENOMEM from every call, never in a state in which Postgres
 * could not survive it, an error's path that has memory, and each denial, block and would-block told once.
 */
#include <errno.h>
#include <malloc.h>
#include <pthread.h>

#include "fake_postgres.h"

#define TOO_MUCH ((size_t) (65 * MIB))

static void
end_statement(void)
{
	guard->statement_end();
	guard->statement_begin();
}

static void
check_every_call(void)
{
	void *kept = malloc(1000);
	void *pointer = NULL;
	size_t usable = malloc_usable_size(kept);
	int64_t before = held();

#define CHECK_REFUSED(call)                                                                                            \
	do                                                                                                                 \
	{                                                                                                                  \
		errno = 0;                                                                                                     \
		CHECK((call) == NULL && errno == ENOMEM);                                                                      \
		CHECK_EQUAL(held(), before);                                                                                   \
	} while (0)
	CHECK_REFUSED(malloc(TOO_MUCH));
	CHECK_REFUSED(calloc(64, (size_t) MIB));
	CHECK_REFUSED(realloc(kept, TOO_MUCH));
	CHECK_REFUSED(realloc(NULL, TOO_MUCH));
	CHECK_REFUSED(reallocarray(kept, 64, (size_t) MIB));
	CHECK_REFUSED(aligned_alloc(64, TOO_MUCH));
	CHECK_REFUSED(memalign(64, TOO_MUCH));
	CHECK_REFUSED(valloc(TOO_MUCH));
	CHECK_REFUSED(pvalloc(TOO_MUCH));
	CHECK_EQUAL(posix_memalign(&pointer, 64, TOO_MUCH), ENOMEM);
	CHECK(pointer == NULL);
	CHECK_EQUAL(malloc_usable_size(kept), usable);
	CHECK_EQUAL(atomic_load(&segment->denials), 10);
	CHECK_EQUAL(count_events(HEADROOM_EVENT_DENIAL), 10);
	free(kept);
}

/* The outcome of this statement's denials is told once, and a statement that goes on well had soft ones. */
static void
check_outcomes(void)
{
	HeadroomDenial denial;

	guard->last_denial(&denial);
	CHECK_EQUAL(denial.denials, 10);
	CHECK_EQUAL(denial.requested_bytes, TOO_MUCH);
	CHECK_EQUAL(denial.limit_bytes, 32 * MIB);
	CHECK(strcmp(denial.policy_id, "test") == 0);
	CHECK(guard->outcome(HEADROOM_OUTCOME_ERROR, 53200));
	CHECK(!guard->outcome(HEADROOM_OUTCOME_ERROR, 53200));
	end_statement();
	CHECK_EQUAL(count_events(HEADROOM_EVENT_BLOCK), 1);
	CHECK_EQUAL(count_events(HEADROOM_EVENT_SOFT_DENIAL), 0);

	CHECK(!guard->outcome(HEADROOM_OUTCOME_ERROR, 53200)); /* an ERROR that no denial made */
	CHECK(malloc(TOO_MUCH) == NULL);
	end_statement();
	CHECK_EQUAL(count_events(HEADROOM_EVENT_BLOCK), 1);
	CHECK_EQUAL(count_events(HEADROOM_EVENT_SOFT_DENIAL), 1);
	CHECK_EQUAL(atomic_load(&guard->slot()->soft_denials), 1);

	CHECK(malloc(TOO_MUCH) == NULL);
	CHECK(guard->outcome(HEADROOM_OUTCOME_FATAL, 53200));
	end_statement();
	CHECK_EQUAL(count_events(HEADROOM_EVENT_FATAL), 1);
	CHECK_EQUAL(atomic_load(&segment->fatals), 1);
}

static bool
is_refused(void)
{
	void *pointer = malloc(TOO_MUCH);

	free(pointer);
	return pointer == NULL;
}

static void *
refused_in_thread(void *result)
{
	*(bool *) result = is_refused();
	return NULL;
}

static void
check_states(void)
{
	sigjmp_buf *installed = PG_exception_stack;
	pthread_t thread;
	bool result = true;
#ifndef HEADROOM_RENAMED
	void *(*operator_new)(size_t);
	void *pointer;
#endif

	CHECK(is_refused());
	CritSectionCount = 1;
	CHECK(!is_refused());
	CritSectionCount = 0;
	InterruptHoldoffCount = 1;
	CHECK(!is_refused());
	InterruptHoldoffCount = 0;
	PG_exception_stack = NULL;
	CHECK(!is_refused());
	PG_exception_stack = installed;
	proc_exit_inprogress = true;
	CHECK(!is_refused());
	proc_exit_inprogress = false;
	is_in_recursion = true;
	CHECK(!is_refused());
	is_in_recursion = false;
	guard->unsafe_begin();
	CHECK(!is_refused());
	guard->unsafe_end();
	CHECK(is_refused());

	CHECK(pthread_create(&thread, NULL, refused_in_thread, &result) == 0 && pthread_join(thread, NULL) == 0);
	CHECK(!result);
#ifndef HEADROOM_RENAMED
	*(void **) &operator_new = dlsym(RTLD_DEFAULT, "_Znwm");
	pointer = operator_new(TOO_MUCH);
	CHECK(pointer != NULL);
	free(pointer);
#endif

	guard->statement_end();
	CHECK(!is_refused());
	guard->statement_begin();
	CHECK(is_refused());
	MyBackendType = TYPE_CHECKPOINTER;
	CHECK(!is_refused());
	MyBackendType = TYPE_STRANGE;
	CHECK(!is_refused());
	MyBackendType = TYPE_INVALID;
	CHECK(!is_refused());
	MyBackendType = TYPE_WORKER;
	CHECK(!is_refused());
	ParallelWorkerNumber = 0;
	CHECK(is_refused());
	ParallelWorkerNumber = -1;
	MyBackendType = TYPE_CLIENT;
	CHECK(is_refused());
	CHECK_EQUAL(atomic_load(&segment->limited_bytes) >= held(), 1);
	CHECK(atomic_load(&segment->breaches) > 0);
}

static void
check_switches(void)
{
	HeadroomControl control = segment->control[atomic_load(&segment->control_generation) & 1];
	HeadroomSettings settings = {.soft_line_percent = 90, .exempt_superusers = 1};

	guard->set_switch(HEADROOM_MODE_SHADOW);
	CHECK(!is_refused());
	guard->set_switch(HEADROOM_MODE_OFF);
	CHECK(!is_refused());
	CHECK_EQUAL(guard->effective_mode(), HEADROOM_MODE_OFF);
	guard->set_switch(HEADROOM_MODE_ENFORCE);
	guard->set_switch(HEADROOM_MODE_ENFORCE);
	CHECK_EQUAL(count_events(HEADROOM_EVENT_SWITCHED), 3);
	CHECK(is_refused());

	guard->set_superuser(true);
	CHECK(is_refused());
	CHECK(guard->publish_settings(&settings));
	CHECK(!is_refused());
	guard->set_superuser(false);
	CHECK(is_refused());

	control.lease_is_set = 1;
	control.lease_expires_boottime_ns = 1;
	CHECK(guard->publish_control(&control));
	CHECK(!is_refused());
	control.fallback = HEADROOM_FALLBACK_KEEP;
	CHECK(guard->publish_control(&control));
	CHECK(is_refused());
	set_limit(HEADROOM_MODE_ENFORCE, 32 * MIB);
}

/* After a denial there is a MiB for small requests; large ones stay refused. */
static void
check_waiver(void)
{
	int64_t filler_bytes;
	void *filler;
	void *small[200];
	int given = 0;

	end_statement();
	filler_bytes = 32 * MIB - total() - 32768;
	filler = malloc((size_t) filler_bytes);
	CHECK(filler != NULL);
	CHECK(malloc((size_t) (8 * MIB)) == NULL);
	for (int i = 0; i < 200; i++)
	{
		small[i] = malloc(16 * 1024 - 64);
		if (small[i] != NULL)
			given++;
	}
	/* Refusals at the end of a waiver bring a new one, for as long as there are grants. */
	CHECK(given > 60);
	CHECK(atomic_load(&segment->waivers) > 0);
	CHECK(atomic_load(&segment->waivers) == atomic_load(&guard->slot()->waivers));
	CHECK(malloc((size_t) MIB) == NULL);
	for (int i = 0; i < 200; i++)
		free(small[i]);
	free(filler);
	end_statement();
}

static void
check_shadows(void)
{
	HeadroomControl control = segment->control[atomic_load(&segment->control_generation) & 1];
	int before = count_events(HEADROOM_EVENT_WOULD_BLOCK);
	void *pointer;

	control.mode = HEADROOM_MODE_SHADOW;
	control.limit.limit_bytes = 1 << 20;
	for (int i = 0; i < 3; i++)
	{
		control.shadow[i * 2].is_set = 1;
		control.shadow[i * 2].limit_bytes = (uint64_t) (16 * MIB << i);
	}
	CHECK(guard->publish_control(&control));
	end_statement();
	/* 20 MiB pass the live limit and the first shadow limit, 40 more the second; nobody passes 64 here. */
	pointer = malloc((size_t) (20 * MIB));
	CHECK(pointer != NULL);
	CHECK_EQUAL(count_events(HEADROOM_EVENT_WOULD_BLOCK) - before, 2);
	free(pointer);
	pointer = malloc((size_t) (40 * MIB));
	CHECK_EQUAL(count_events(HEADROOM_EVENT_WOULD_BLOCK) - before, 3);
	free(pointer);
	pointer = malloc((size_t) (40 * MIB));
	free(pointer);
	CHECK_EQUAL(count_events(HEADROOM_EVENT_WOULD_BLOCK) - before, 3);
	end_statement();
	pointer = malloc((size_t) (40 * MIB));
	free(pointer);
	CHECK_EQUAL(count_events(HEADROOM_EVENT_WOULD_BLOCK) - before, 6);
	CHECK_EQUAL(atomic_load(&guard->slot()->would_blocks), before + 6);
	CHECK_EQUAL(atomic_load(&guard->slot()->shadow_counted_statement[2]),
				atomic_load(&guard->slot()->statement_number));
	/* The same in enforce, where the live limit refuses: 65 MiB pass all three shadow limits. */
	control.mode = HEADROOM_MODE_ENFORCE;
	control.limit.limit_bytes = (uint64_t) (50 * MIB);
	CHECK(guard->publish_control(&control));
	end_statement();
	CHECK(is_refused());
	CHECK_EQUAL(count_events(HEADROOM_EVENT_WOULD_BLOCK) - before, 9);
	set_limit(HEADROOM_MODE_ENFORCE, 32 * MIB);
}

static int boxes;

static void
write_box(void)
{
	HeadroomContext contexts[2] = {{"PortalContext", 700, 3}, {"a name that fills its field to the last byte ...", 5, 1}};
	void *pointer = malloc(TOO_MUCH); /* the callback itself is never refused */

	CHECK(pointer != NULL);
	free(pointer);
	boxes++;
	guard->blackbox_write(contexts, 2, 17);
}

static void
check_blackbox(void)
{
	HeadroomSlot *slot = guard->slot();
	void *pointer;

	guard->set_blackbox_callback(write_box);
	end_statement();
	CHECK(is_refused());
	CHECK(is_refused());
	CHECK_EQUAL(boxes, 1);
	end_statement();
	pointer = malloc((size_t) (8 * MIB)); /* more than an eighth of the limit */
	CHECK_EQUAL(boxes, 2);
	free(pointer);
	CHECK_EQUAL(atomic_load(&slot->blackbox_sequence), 4);
	CHECK_EQUAL(slot->blackbox_count, 2);
	CHECK_EQUAL(slot->blackbox_contexts_total, 17);
	CHECK(strcmp(slot->blackbox[0].name, "PortalContext") == 0);
	CHECK_EQUAL(strlen(slot->blackbox[1].name), HEADROOM_CONTEXT_NAME_BYTES - 1);
}

int
main(void)
{
	HeadroomSetup setup = usual_setup();

	setup.ring_capacity = 4096;
	make_segment(&setup);
	segment->postmaster_pid = 1;
	become_client();
	set_limit(HEADROOM_MODE_ENFORCE, 32 * MIB);
	check_every_call();
	check_outcomes();
	check_states();
	check_switches();
	check_waiver();
	check_shadows();
	check_blackbox();
	guard->statement_reset();
	CHECK_EQUAL(guard->statement_depth(), 0);
	CHECK(!is_refused());
	CHECK_EQUAL(atomic_load(&segment->panics), 0);
	return 0;
}
