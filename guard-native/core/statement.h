/*
 * statement.h: the functions behind the API that are about statements, outcomes and the black box. See headroom_guard.h.
 */
#ifndef HEADROOM_STATEMENT_H
#define HEADROOM_STATEMENT_H

#include "process.h"

void headroom_statement_begin(void);
void headroom_statement_end(void);
void headroom_statement_reset(void);
uint32_t headroom_statement_depth(void);
void headroom_statement_set_depth(uint32_t depth);
void headroom_set_query_id(int64_t query_id);
void headroom_unsafe_begin(void);
void headroom_unsafe_end(void);
void headroom_process_exiting(void);
void headroom_set_superuser(bool is_superuser);
void headroom_set_identity(uint32_t database_oid, uint32_t user_oid, bool is_superuser);
void headroom_outcome_to_leader(int32_t leader_pid);
bool headroom_outcome(HeadroomOutcome outcome, uint32_t sqlstate);
void headroom_last_denial(HeadroomDenial *denial);
void headroom_set_blackbox_callback(HeadroomBlackboxCallback callback);
void headroom_blackbox_write(const HeadroomContext *contexts, uint32_t count, uint32_t contexts_total);

/* An event about the last denial of this statement. */
void headroom_denial_event(HeadroomSegment *segment, const HeadroomSlot *slot, HeadroomEventType type,
						   HeadroomEventPayload *event);

/* api.c */
const HeadroomGuardApi *headroom_api(uint32_t version);

#endif
