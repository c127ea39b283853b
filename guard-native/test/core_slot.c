/*
 * core_slot.c: slots are given in order, kept after their process, reused oldest first, taken back from the dead whatever they
 * were doing, and never leaked; totals follow.
 */
#include <signal.h>

#include "core_host.h"

#define SLOTS 6

static uint32_t
state_of(uint32_t index)
{
	return HEADROOM_SLOT_STATE(atomic_load(&headroom_slot_at(segment, index)->state));
}

static int
count_state(HeadroomSlotState state)
{
	int count = 0;

	for (uint32_t i = 0; i < SLOTS; i++)
		count += state_of(i) == (uint32_t) state;
	return count;
}

static HeadroomSlot *
slot_of(pid_t pid)
{
	for (uint32_t i = 0; i < SLOTS; i++)
	{
		if (atomic_load(&headroom_slot_at(segment, i)->pid) == pid)
			return headroom_slot_at(segment, i);
	}
	return NULL;
}

/* A child of a kind that holds some bytes and ends in a way. */
static pid_t
child_that(int type, int64_t bytes, int signal)
{
	pid_t child = fork();

	if (child == 0)
	{
		core_host.backend_type = type;
		headroom_statement_begin();
		CHECK(core_allocate(bytes));
		if (signal != 0)
			raise(signal);
		headroom_process_end();
		_exit(0);
	}
	CHECK_EQUAL(core_wait(child), signal == 0 ? 0 : 1000 + signal);
	return child;
}

static void
check_exit_and_kill(void)
{
	int64_t others = atomic_load(&segment->others_bytes);
	pid_t exited = child_that(1, 3 * MIB, 0);
	pid_t killed = child_that(1, 5 * MIB, SIGKILL);
	HeadroomSlot *slot = slot_of(exited);

	CHECK(slot != NULL && atomic_load(&slot->state) == HEADROOM_SLOT_EXITED);
	CHECK_EQUAL(atomic_load(&slot->allocated_bytes), 3 * MIB);
	CHECK_EQUAL(atomic_load(&slot->charged_bytes), 0);

	slot = slot_of(killed);
	CHECK(slot != NULL && atomic_load(&slot->state) == HEADROOM_SLOT_LIVE);
	CHECK(atomic_load(&segment->limited_bytes) >= 5 * MIB);
	CHECK_EQUAL(headroom_slot_sweep(segment, 0), 1);
	CHECK_EQUAL(atomic_load(&slot->state), HEADROOM_SLOT_RECLAIMED);
	/* The last values stay to be read after the kill. */
	CHECK_EQUAL(atomic_load(&slot->allocated_bytes), 5 * MIB);
	CHECK_EQUAL(atomic_load(&slot->statement_number), 1);
	CHECK_EQUAL(atomic_load(&slot->in_statement), 1);
	CHECK(strcmp(slot->kind_name, "client backend") == 0);
	CHECK_EQUAL(atomic_load(&segment->limited_bytes), 0);
	CHECK_EQUAL(atomic_load(&segment->slots_reclaimed), 1);
	CHECK_EQUAL(headroom_slot_sweep(segment, 0), 0);

	child_that(3, 2 * MIB, SIGKILL);
	CHECK(atomic_load(&segment->others_bytes) >= others + 2 * MIB);
	CHECK_EQUAL(headroom_slot_sweep(segment, 0), 1);
	CHECK_EQUAL(atomic_load(&segment->others_bytes), others);
}

/* Free slots first; then the one that ended first. */
static void
check_order(void)
{
	pid_t pids[SLOTS];
	pid_t next;

	for (int i = 0; i < SLOTS - 1; i++)
		pids[i] = child_that(1, 4096, 0);
	CHECK_EQUAL(count_state(HEADROOM_SLOT_FREE), 0);
	for (int i = 0; i < SLOTS - 1; i++)
	{
		CHECK(slot_of(pids[i]) != NULL);
		next = child_that(1, 4096, 0);
		CHECK(slot_of(next) != NULL);
		CHECK(slot_of(pids[i]) == NULL);
	}
}

/* More processes at once than slots: the last ones count for themselves and are never refused. */
static void
check_exhaustion(void)
{
	pid_t children[SLOTS + 2];
	int ready[2];
	int go[2];
	char byte;

	CHECK(pipe(ready) == 0 && pipe(go) == 0);
	core_limit(HEADROOM_MODE_ENFORCE, 64 * MIB);
	for (int i = 0; i < SLOTS + 2; i++)
	{
		children[i] = fork();
		if (children[i] == 0)
		{
			close(go[1]);
			core_host.backend_type = 1;
			headroom_statement_begin();
			CHECK(core_allocate(MIB));
			if (headroom_api_slot() == NULL)
				CHECK(core_allocate(1000 * MIB));
			CHECK(write(ready[1], "r", 1) == 1);
			CHECK(read(go[0], &byte, 1) == 0);
			headroom_process_end();
			_exit(0);
		}
		CHECK(read(ready[0], &byte, 1) == 1);
	}
	CHECK_EQUAL(count_state(HEADROOM_SLOT_LIVE), SLOTS);
	CHECK(atomic_load(&segment->slots_exhausted) >= 3);
	CHECK(atomic_load(&segment->limited_bytes) < 64 * MIB);
	close(go[1]);
	for (int i = 0; i < SLOTS + 2; i++)
		CHECK_EQUAL(core_wait(children[i]), 0);
	CHECK_EQUAL(atomic_load(&segment->limited_bytes), 0);
	close(ready[0]);
	close(ready[1]);
	close(go[0]);
}

static const char *deadly;

static void
die(const char *name)
{
	if (strcmp(name, deadly) == 0)
		raise(SIGKILL);
}

/* Killed at every step of having a slot: no slot stays taken, and a recount sets the totals right. */
static void
check_deaths_half_way(void)
{
	static const char *const points[] = {"slot-claimed", "slot-emptied", "charged-total"};

	for (size_t i = 0; i < sizeof points / sizeof points[0]; i++)
	{
		pid_t child = fork();

		if (child == 0)
		{
			deadly = points[i];
			headroom_point_hook = die;
			core_host.backend_type = 3;
			(void) core_allocate(MIB);
			headroom_process_end();
			_exit(0);
		}
		CHECK_EQUAL(core_wait(child), 1000 + SIGKILL);
		CHECK_EQUAL(headroom_slot_sweep(segment, 0), 1);
		CHECK_EQUAL(count_state(HEADROOM_SLOT_CLAIMED), 0);
		CHECK_EQUAL(count_state(HEADROOM_SLOT_LIVE), 1);
	}
	CHECK(atomic_load(&segment->others_bytes) != 0);
	segment->postmaster_pid = getpid();
	headroom_segment_recount(segment);
	segment->postmaster_pid = 1;
	CHECK_EQUAL(atomic_load(&segment->others_bytes),
				atomic_load(&headroom_slot_of_process()->charged_bytes));
	CHECK_EQUAL(atomic_load(&segment->limited_bytes), 0);
	CHECK_EQUAL(atomic_load(&segment->attached_slots), 1);
}

/* The pid of a dead process that a living one got meanwhile. */
static void
check_reused_pid(void)
{
	HeadroomSlot *slot;

	child_that(1, MIB, SIGKILL);
	for (uint32_t i = 0; i < SLOTS; i++)
	{
		slot = headroom_slot_at(segment, i);
		if (state_of(i) == HEADROOM_SLOT_LIVE && slot != headroom_slot_of_process())
			atomic_store(&slot->pid, 1); /* init lives, and started at another time */
	}
	CHECK_EQUAL(headroom_slot_sweep(segment, 0), 1);
	CHECK_EQUAL(count_state(HEADROOM_SLOT_LIVE), 1);
	CHECK_EQUAL(atomic_load(&segment->limited_bytes), 0);
}

/* Many that come, and go in every way, a few at a time. */
static void
check_churn(void)
{
	unsigned long long state = seed_of("core_slot", 7);

	for (long i = 0; i < rounds(300); i += 3)
	{
		pid_t children[3];
		bool killed[3];

		for (int j = 0; j < 3; j++)
		{
			killed[j] = next_random(&state) % 2 == 0;
			children[j] = fork();
			if (children[j] == 0)
			{
				core_host.backend_type = 1 + (int) (next_random(&state) % 3);
				headroom_statement_begin();
				CHECK(core_allocate((int64_t) (next_random(&state) % MIB)));
				if (killed[j])
					raise(SIGKILL);
				headroom_process_end();
				_exit(0);
			}
		}
		for (int j = 0; j < 3; j++)
			CHECK_EQUAL(core_wait(children[j]), killed[j] ? 1000 + SIGKILL : 0);
	}
	(void) headroom_slot_sweep(segment, 0);
	CHECK_EQUAL(count_state(HEADROOM_SLOT_LIVE), 1);
	CHECK_EQUAL(count_state(HEADROOM_SLOT_CLAIMED), 0);
	CHECK_EQUAL(atomic_load(&segment->limited_bytes), 0);
	CHECK_EQUAL(atomic_load(&segment->attached_slots), 1);
}

int
main(void)
{
	core_start(SLOTS, 64);
	check_exit_and_kill();
	check_order();
	check_exhaustion();
	check_deaths_half_way();
	check_reused_pid();
	check_churn();
	return 0;
}
