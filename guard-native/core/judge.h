/*
 * judge.h: the judging of a request against the limit and the shadow limits, and what is remembered of it.
 */
#ifndef HEADROOM_JUDGE_H
#define HEADROOM_JUDGE_H

#include "process.h"

typedef struct HeadroomRequest
{
	int64_t bytes;          /* the caller asked for */
	int64_t need;           /* the total has to grow by */
	int64_t reserve;        /* it would be nice to get on top; 0 on return when there was no room */
	HeadroomSource source;
	bool can_fail;          /* whether the caller can take a NULL */
} HeadroomRequest;

/* Takes need + reserve from the instance's total when the request is admitted. */
bool headroom_judge(HeadroomSegment *segment, HeadroomSlot *slot, HeadroomRequest *request);

/* Copies the control in force when it changed, and what follows from it. */
void headroom_control_refresh(HeadroomSegment *segment);

/* The process's slot, its own stand-in, or NULL inside of attaching. */
HeadroomSlot *headroom_slot_of_process(void);

/* Its slot in the segment, or NULL; the second has it say first what the process holds. */
HeadroomSlot *headroom_own_slot(void);
HeadroomSlot *headroom_api_slot(void);

/* Takes the bytes of a shared memory object from the instance's total; false: refused. */
bool headroom_dsm_admit(HeadroomSegment *segment, int64_t bytes);

/* Tells the extension when the process is about to pass another eighth of the limit. */
void headroom_blackbox_watch(const HeadroomSlot *slot, int64_t bytes);
void headroom_blackbox_run(void);

/* What every event says of this process. */
void headroom_event_begin(HeadroomSegment *segment, const HeadroomSlot *slot, HeadroomEventType type,
						  HeadroomEventPayload *event);
#endif
