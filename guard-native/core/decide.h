/*
 * decide.h: whether a request is refused. Pure: no clock, no globals, no shared memory. Everything it needs is in the question.
 */
#ifndef HEADROOM_DECIDE_H
#define HEADROOM_DECIDE_H

#include <stdbool.h>
#include <stdint.h>

#include "headroom_segment.h"

/* Why a process cannot be refused right now; any one is enough. */
typedef enum HeadroomReason
{
	HEADROOM_REASON_KIND = 1 << 0,             /* not a kind that may be refused */
	HEADROOM_REASON_NO_STATEMENT = 1 << 1,     /* it runs no statement */
	HEADROOM_REASON_THREAD = 1 << 2,           /* not the main thread */
	HEADROOM_REASON_SYMBOLS = 1 << 3,          /* this Postgres lacks a variable the guard needs */
	HEADROOM_REASON_CRITICAL_SECTION = 1 << 4, /* an ERROR would become a PANIC */
	HEADROOM_REASON_INTERRUPTS_HELD = 1 << 5,  /* abort, commit's last stretch, or a lightweight lock */
	HEADROOM_REASON_NO_HANDLER = 1 << 6,       /* nobody catches an ERROR yet */
	HEADROOM_REASON_EXITING = 1 << 7,
	HEADROOM_REASON_ERROR_RECURSION = 1 << 8,
	HEADROOM_REASON_UNSAFE = 1 << 9,    /* the extension said so */
	HEADROOM_REASON_SUPERUSER = 1 << 10, /* exempt by setting */
	HEADROOM_REASON_CALLER = 1 << 11,   /* the caller cannot take a NULL */
} HeadroomReason;
typedef uint32_t HeadroomReasons;

/* A request of at most this size counts as an error's path once a statement was denied something. */
#define HEADROOM_WAIVER_REQUEST_BYTES INT64_C(65536)
#define HEADROOM_WAIVER_BYTES INT64_C(1048576)
#define HEADROOM_WAIVER_GRANTS 16

/* What a statement may take beyond the limit after a denial, so that its error can be told. */
typedef struct HeadroomWaiver
{
	int64_t left_bytes;
	int64_t allocated_at_grant; /* what the process held then */
	uint32_t grants;            /* since the process last held less than at a grant */
} HeadroomWaiver;

typedef struct HeadroomQuestion
{
	HeadroomReasons reasons; /* why the process cannot be refused */
	int64_t limit_bytes;
	int64_t total_bytes;     /* held by all, DSM and reserves included */
	int64_t need_bytes;      /* what the total would grow by */
	int64_t requested_bytes; /* what the caller asked for */
	int64_t process_bytes;   /* what the process holds */
	HeadroomBlame blame;
	uint32_t soft_line_percent;
	uint32_t sharers;            /* blame largest: blockable processes in a statement, this one included */
	int64_t largest_other_bytes; /* blame largest: what the largest other of them holds */
	bool has_waiver_bytes;       /* whether the waiver below is looked at */
	int64_t waiver_left_bytes;
} HeadroomQuestion;

typedef enum HeadroomVerdict
{
	HEADROOM_ADMIT = 0,
	HEADROOM_ADMIT_BREACH = 1, /* over the line, and nobody can be refused */
	HEADROOM_ADMIT_WAIVER = 2, /* over the line, for an error's path */
	HEADROOM_REFUSE = 3,
} HeadroomVerdict;

HeadroomVerdict headroom_decide(const HeadroomQuestion *question);

/* The total above which a limit needs to be judged at all. */
int64_t headroom_first_line(int64_t limit_bytes, HeadroomBlame blame, uint32_t soft_line_percent);

/* A denial happened: grants what its error's path may need. */
void headroom_waiver_grant(HeadroomWaiver *waiver, int64_t process_bytes);

#endif
