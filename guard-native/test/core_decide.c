/*
 * core_decide.c: the rule of refusal as a table, one line per case.
 */
#include "check.h"
#include "decide.h"

#define K INT64_C(1024)
#define M (1024 * K)

typedef struct Case
{
	const char *says;
	HeadroomQuestion question;
	HeadroomVerdict expected;
} Case;

/* Limit 100 MiB, 90 held by all, 10 by this process, unless the case says otherwise. */
/* A case says what differs. */
#pragma GCC diagnostic ignored "-Woverride-init"
#define ASK(need, ...)                                                                                                 \
	{                                                                                                                  \
		.limit_bytes = 100 * M, .total_bytes = 90 * M, .need_bytes = (need), .requested_bytes = (need),                \
		.process_bytes = 10 * M, .soft_line_percent = 80, .sharers = 4, __VA_ARGS__                                    \
	}
#define LARGEST .blame = HEADROOM_BLAME_LARGEST

static const Case cases[] = {
	{"up to the limit", ASK(10 * M, .reasons = 0), HEADROOM_ADMIT},
	{"a byte more", ASK(10 * M + 1, .reasons = 0), HEADROOM_REFUSE},
	{"an overflowing need", ASK(INT64_MAX, .reasons = 0), HEADROOM_REFUSE},
	{"a limit of nothing", ASK(1, .limit_bytes = 0), HEADROOM_REFUSE},

	{"not blockable", ASK(11 * M, .reasons = HEADROOM_REASON_KIND), HEADROOM_ADMIT_BREACH},
	{"no statement", ASK(11 * M, .reasons = HEADROOM_REASON_NO_STATEMENT), HEADROOM_ADMIT_BREACH},
	{"another thread", ASK(11 * M, .reasons = HEADROOM_REASON_THREAD), HEADROOM_ADMIT_BREACH},
	{"missing symbols", ASK(11 * M, .reasons = HEADROOM_REASON_SYMBOLS), HEADROOM_ADMIT_BREACH},
	{"critical section", ASK(11 * M, .reasons = HEADROOM_REASON_CRITICAL_SECTION), HEADROOM_ADMIT_BREACH},
	{"interrupts held", ASK(11 * M, .reasons = HEADROOM_REASON_INTERRUPTS_HELD), HEADROOM_ADMIT_BREACH},
	{"no handler", ASK(11 * M, .reasons = HEADROOM_REASON_NO_HANDLER), HEADROOM_ADMIT_BREACH},
	{"exiting", ASK(11 * M, .reasons = HEADROOM_REASON_EXITING), HEADROOM_ADMIT_BREACH},
	{"error recursion", ASK(11 * M, .reasons = HEADROOM_REASON_ERROR_RECURSION), HEADROOM_ADMIT_BREACH},
	{"unsafe", ASK(11 * M, .reasons = HEADROOM_REASON_UNSAFE), HEADROOM_ADMIT_BREACH},
	{"superuser", ASK(11 * M, .reasons = HEADROOM_REASON_SUPERUSER), HEADROOM_ADMIT_BREACH},
	{"a caller that cannot take it", ASK(11 * M, .reasons = HEADROOM_REASON_CALLER), HEADROOM_ADMIT_BREACH},
	{"a reason below the limit is no breach", ASK(9 * M, .reasons = HEADROOM_REASON_KIND), HEADROOM_ADMIT},

	{"waiver", ASK(64 * K, .total_bytes = 100 * M, .has_waiver_bytes = true, .waiver_left_bytes = M), HEADROOM_ADMIT_WAIVER},
	{"waiver, to the last byte", ASK(64 * K, .total_bytes = 100 * M, .has_waiver_bytes = true, .waiver_left_bytes = 64 * K),
	 HEADROOM_ADMIT_WAIVER},
	{"waiver used up", ASK(64 * K, .total_bytes = 100 * M, .has_waiver_bytes = true, .waiver_left_bytes = 64 * K - 1),
	 HEADROOM_REFUSE},
	{"waiver is for small requests", ASK(64 * K + 1, .total_bytes = 100 * M, .has_waiver_bytes = true, .waiver_left_bytes = M),
	 HEADROOM_REFUSE},
	{"waiver not looked at in shadow", ASK(64 * K, .total_bytes = 100 * M, .waiver_left_bytes = M), HEADROOM_REFUSE},

	/* Soft line 80, middle 90, limit 100; four share, so a share is 25. */
	{"largest: below the soft line", ASK(M, LARGEST, .total_bytes = 79 * M, .process_bytes = 60 * M), HEADROOM_ADMIT},
	{"largest: the hog, just above it", ASK(M + 1, LARGEST, .total_bytes = 79 * M, .process_bytes = 60 * M), HEADROOM_REFUSE},
	{"largest: over its share, but not the hog",
	 ASK(2 * M, LARGEST, .total_bytes = 79 * M, .process_bytes = 26 * M, .largest_other_bytes = 40 * M), HEADROOM_ADMIT},
	{"largest: the same above the middle",
	 ASK(2 * M, LARGEST, .total_bytes = 89 * M, .process_bytes = 26 * M, .largest_other_bytes = 40 * M), HEADROOM_REFUSE},
	{"largest: within its share above the middle",
	 ASK(2 * M, LARGEST, .total_bytes = 89 * M, .process_bytes = 23 * M, .largest_other_bytes = 40 * M), HEADROOM_ADMIT},
	{"largest: within its share beyond the limit",
	 ASK(2 * M, LARGEST, .total_bytes = 99 * M, .process_bytes = 2 * M, .largest_other_bytes = 40 * M), HEADROOM_REFUSE},
	{"largest: the hog that cannot be refused",
	 ASK(2 * M, LARGEST, .total_bytes = 85 * M, .process_bytes = 60 * M, .reasons = HEADROOM_REASON_EXITING), HEADROOM_ADMIT},
	{"largest: nobody counted", ASK(2 * M, LARGEST, .total_bytes = 85 * M, .process_bytes = 10 * M, .sharers = 0),
	 HEADROOM_ADMIT},
	{"largest: a soft line of 100 is the limit",
	 ASK(10 * M, LARGEST, .soft_line_percent = 100, .process_bytes = 80 * M), HEADROOM_ADMIT},
};

static void
check_waivers(void)
{
	HeadroomWaiver waiver = {0};

	headroom_waiver_grant(&waiver, 50 * M);
	CHECK_EQUAL(waiver.left_bytes, HEADROOM_WAIVER_BYTES);
	/* Whoever only grows gets a limited number of them. */
	for (int i = 1; i < HEADROOM_WAIVER_GRANTS; i++)
	{
		waiver.left_bytes = 0;
		headroom_waiver_grant(&waiver, 50 * M + i * M);
		CHECK_EQUAL(waiver.left_bytes, HEADROOM_WAIVER_BYTES);
	}
	waiver.left_bytes = 0;
	headroom_waiver_grant(&waiver, 90 * M);
	CHECK_EQUAL(waiver.left_bytes, 0);
	/* Whoever gave everything back may have errors for ever. */
	for (int i = 0; i < 1000; i++)
	{
		waiver.left_bytes = 0;
		headroom_waiver_grant(&waiver, 50 * M);
		CHECK_EQUAL(waiver.left_bytes, HEADROOM_WAIVER_BYTES);
	}
}

int
main(void)
{
	int failed = 0;

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
	{
		HeadroomVerdict verdict = headroom_decide(&cases[i].question);

		if (verdict != cases[i].expected)
		{
			dprintf(STDERR_FILENO, "%s: verdict %d, not %d\n", cases[i].says, verdict, cases[i].expected);
			failed = 1;
		}
	}
	CHECK_EQUAL(headroom_first_line(100 * M, HEADROOM_BLAME_REQUESTER, 80), 100 * M);
	CHECK_EQUAL(headroom_first_line(100 * M, HEADROOM_BLAME_LARGEST, 80), 80 * M);
	check_waivers();
	return failed;
}
