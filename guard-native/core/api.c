/*
 * api.c: the table of functions that the extension gets.
 */
#include "judge.h"
#include "shared.h"
#include "statement.h"

#ifdef HEADROOM_TEST_POINTS
#include "points.h"
void (*headroom_point_hook)(const char *name);
#endif

static HeadroomSegment *
api_segment(void)
{
	return atomic_load_explicit(&headroom_segment, memory_order_acquire);
}

HeadroomSlot *
headroom_own_slot(void)
{
	HeadroomSlot *slot = api_segment() == NULL ? NULL : headroom_slot_of_process();

	return slot == &headroom_process.own ? NULL : slot;
}

HeadroomSlot *
headroom_api_slot(void)
{
	HeadroomSlot *slot = headroom_own_slot();

	headroom_sync();
	return slot;
}

static HeadroomMode
api_effective_mode(void)
{
	HeadroomSegment *segment = api_segment();

	if (segment == NULL)
		return HEADROOM_MODE_OFF;
	headroom_control_refresh(segment);
	return headroom_process.control_is_set ? headroom_effective_mode(segment, &headroom_process.control)
										   : HEADROOM_MODE_OFF;
}

static void
api_set_switch(HeadroomMode mode)
{
	HeadroomSegment *segment = api_segment();
	HeadroomEventPayload event;

	if (segment == NULL || mode > HEADROOM_MODE_ENFORCE ||
		atomic_exchange_explicit(&segment->switch_mode, (uint32_t) mode, memory_order_relaxed) == (uint32_t) mode)
		return;
	headroom_event_begin(segment, headroom_api_slot(), HEADROOM_EVENT_SWITCHED, &event);
	event.detail = (uint32_t) mode;
	headroom_event_write(segment, &event);
}

static HeadroomRead
api_read_event(uint64_t position, HeadroomEventPayload *event)
{
	HeadroomSegment *segment = api_segment();

	return segment == NULL ? HEADROOM_READ_PENDING : headroom_event_read(segment, position, event);
}

static const HeadroomGuardApi api = {
	.version = HEADROOM_GUARD_API_VERSION,
	.bytes = sizeof(HeadroomGuardApi),
	.create_segment = headroom_segment_create,
	.set_facts = headroom_segment_set_facts,
	.segment = api_segment,
	.slot = headroom_api_slot,
	.publish_settings = headroom_publish_settings,
	.publish_control = headroom_publish_control,
	.set_switch = api_set_switch,
	.effective_mode = api_effective_mode,
	.statement_begin = headroom_statement_begin,
	.statement_end = headroom_statement_end,
	.statement_reset = headroom_statement_reset,
	.statement_depth = headroom_statement_depth,
	.statement_set_depth = headroom_statement_set_depth,
	.set_query_id = headroom_set_query_id,
	.unsafe_begin = headroom_unsafe_begin,
	.unsafe_end = headroom_unsafe_end,
	.process_exiting = headroom_process_exiting,
	.set_identity = headroom_set_identity,
	.set_superuser = headroom_set_superuser,
	.outcome = headroom_outcome,
	.outcome_to_leader = headroom_outcome_to_leader,
	.last_denial = headroom_last_denial,
	.set_blackbox_callback = headroom_set_blackbox_callback,
	.blackbox_write = headroom_blackbox_write,
	.read_event = api_read_event,
};

const HeadroomGuardApi *
headroom_api(uint32_t version)
{
	return version == HEADROOM_GUARD_API_VERSION ? &api : NULL;
}
