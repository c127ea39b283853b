/*
 * core_account.c: random allocations and frees against a model, with changing limits and modes: what is held is exact, the total
 * is never below it and above it by no more than the reserve, the watermark loses nothing, and nothing is refused below the limit
 * or admitted above it.
 */
#include "core_host.h"

#define BLOCKS 400
/* Four times the most a process takes at once, twice: what was kept, and what was just taken. */
#define MOST_RESERVE (8 * MIB)

static int64_t blocks[BLOCKS];
static int64_t model_held;
static int64_t model_peak;

static void
check_books(int64_t limit)
{
	int64_t charged = atomic_load(&segment->limited_bytes);
	int64_t reserve = charged - model_held;

	CHECK_EQUAL(core_held(), model_held);
	CHECK_EQUAL(atomic_load(&headroom_slot_of_process()->charged_bytes), charged);
	CHECK(reserve >= 0 && reserve <= MOST_RESERVE);
	CHECK(limit == 0 || model_held <= limit);
	CHECK_EQUAL(atomic_load(&segment->others_bytes), 0);
}

/* What a collector does: what was seen since the last time, and from now on again. */
static void
check_peak(void)
{
	static int64_t total_before;
	int64_t seen = atomic_exchange(&headroom_slot_of_process()->peak_bytes, 0);
	int64_t total = atomic_exchange(&segment->limited_peak_bytes, 0);
	int64_t total_now = atomic_load(&segment->limited_bytes);

	CHECK_EQUAL(seen > model_held ? seen : model_held, model_peak);
	CHECK(total >= model_peak || total_now >= model_peak || total_before >= model_peak);
	total_before = total_now;
	/* The collector knows what was held at this read, and counts it into the next interval. */
	headroom_raise(&headroom_slot_of_process()->peak_bytes, model_held);
	model_peak = model_held;
}

static int64_t
random_size(unsigned long long *state)
{
	int64_t bits = (int64_t) (next_random(state) % 24);

	return (int64_t) (next_random(state) & ((UINT64_C(1) << bits) - 1));
}

static int judged;

static void
count_judging(const char *name)
{
	judged += strcmp(name, "judging") == 0;
}

/* A shadow limit that was passed long ago costs a look now and then, not one at every allocation. */
static void
check_passed_shadow(void)
{
	HeadroomControl control = {.mode = HEADROOM_MODE_SHADOW, .soft_line_percent = 80};

	control.limit = (HeadroomLimit) {.is_set = 1, .limit_bytes = (uint64_t) (1024 * MIB)};
	control.shadow[0] = (HeadroomLimit) {.is_set = 1, .limit_bytes = 4096};
	CHECK(headroom_publish_control(&control));
	headroom_point_hook = count_judging;
	headroom_statement_begin();
	for (int i = 0; i < 10000; i++)
		CHECK(core_allocate(1000));
	headroom_point_hook = NULL;
	CHECK(judged > 0 && judged <= 10000000 / 16384 + 1);
	CHECK_EQUAL(core_events(HEADROOM_EVENT_WOULD_BLOCK), 1);
	headroom_remove(10000000);
	headroom_statement_end();
	CHECK_EQUAL(atomic_load(&segment->limited_bytes), 0);
}

int
main(void)
{
	unsigned long long state = seed_of("core_account", 20261120);
	int64_t limit = 0;
	long refused = 0;

	core_start(8, 4096);
	core_host.backend_type = 1;
	check_passed_shadow();
	headroom_statement_begin();
	for (long round = 0; round < rounds(300000); round++)
	{
		int at = (int) (next_random(&state) % BLOCKS);

		if (blocks[at] != 0)
		{
			headroom_remove((size_t) blocks[at]);
			model_held -= blocks[at];
			blocks[at] = 0;
		}
		else
		{
			int64_t size = random_size(&state);
			bool must_fit = limit == 0 || model_held + size <= limit;

			/* Small ones may pass on a waiver; here all that counts is the rule itself. */
			headroom_process.waiver.left_bytes = 0;
			if (core_allocate(size))
			{
				CHECK(must_fit);
				blocks[at] = size;
				model_held += size;
				model_peak = model_held > model_peak ? model_held : model_peak;
			}
			else
			{
				CHECK(!must_fit);
				refused++;
			}
		}
		check_books(limit);
		if (round % 1000 == 999)
			check_peak();
		if (round % 5000 == 4999)
		{
			/* The statement ends: reserve goes back to the last byte. Then another limit, not below what is held. */
			headroom_statement_end();
			CHECK_EQUAL(atomic_load(&segment->limited_bytes), model_held);
			limit = next_random(&state) % 4 == 0 ? 0 : model_held + random_size(&state) * 8;
			core_limit(limit == 0 ? HEADROOM_MODE_OFF : HEADROOM_MODE_ENFORCE, limit);
			headroom_statement_begin();
		}
	}
	CHECK(refused > 0);
	for (int at = 0; at < BLOCKS; at++)
		headroom_remove((size_t) blocks[at]);
	headroom_statement_end();
	CHECK_EQUAL(core_held(), 0);
	CHECK_EQUAL(atomic_load(&segment->limited_bytes), 0);
	CHECK_EQUAL(atomic_load(&segment->denials), refused);

	/* What was never allocated here can be freed, and leaves an account of nothing. */
	headroom_remove(12345);
	CHECK_EQUAL(core_held(), 0);
	CHECK_EQUAL(atomic_load(&segment->limited_bytes), 0);
	return 0;
}
