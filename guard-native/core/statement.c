/*
 * statement.c: what the extension tells about the running statement, and what becomes of its denials.
 *
 * The process's own copy decides; the slot's copy is for readers. statement_sequence is odd while the slot's copy changes.
 */
#include "statement.h"

#include <string.h>

#include "judge.h"
#include "points.h"
#include "shared.h"

/* Without a limit the black box follows the process in steps of this size. */
#define BLACKBOX_STEP_WITHOUT_LIMIT (INT64_C(64) * 1024 * 1024)
#define BLACKBOX_STEPS_IN_LIMIT 8

/* A process writes into its slot alone, so no instruction has to be locked for it. */
static void
begin_change(_Atomic uint64_t *sequence)
{
	atomic_store_explicit(sequence, atomic_load_explicit(sequence, memory_order_relaxed) + 1, memory_order_relaxed);
	atomic_thread_fence(memory_order_release);
}

static void
end_change(_Atomic uint64_t *sequence)
{
	atomic_store_explicit(sequence, atomic_load_explicit(sequence, memory_order_relaxed) + 1, memory_order_release);
}

static int64_t
blackbox_step(void)
{
	const HeadroomProcess *process = &headroom_process;

	if (!process->control_is_set || process->lowest_line == INT64_MAX)
		return BLACKBOX_STEP_WITHOUT_LIMIT;
	return process->lowest_line / BLACKBOX_STEPS_IN_LIMIT + 1;
}

void
headroom_blackbox_run(void)
{
	HeadroomProcess *process = &headroom_process;

	if (headroom_blackbox == NULL || process->blackbox_runs)
		return;
	process->blackbox_runs = true;
	headroom_blackbox();
	process->blackbox_runs = false;
}

void
headroom_blackbox_watch(const HeadroomSlot *slot, int64_t bytes)
{
	HeadroomProcess *process = &headroom_process;
	int64_t after = atomic_load_explicit(&slot->allocated_bytes, memory_order_relaxed) + bytes;

	if (headroom_blackbox == NULL || process->depth == 0 || process->unsafe_depth > 0 || process->is_exiting ||
		after < process->blackbox_next_bytes)
		return;
	process->blackbox_next_bytes = after + blackbox_step();
	headroom_blackbox_run();
}

void
headroom_statement_begin(void)
{
	HeadroomProcess *process = &headroom_process;
	HeadroomSegment *segment = atomic_load_explicit(&headroom_segment, memory_order_acquire);
	HeadroomSlot *slot;
	uint64_t number;
	int64_t allocated;

	if (process->depth++ > 0)
		return;
	if (process->denial.denials > 0)
	{
		memset(&process->denial, 0, sizeof process->denial);
		memset(&process->waiver, 0, sizeof process->waiver);
	}
	process->outcome_is_told = false;
	slot = headroom_api_slot();
	if (segment == NULL || slot == NULL)
		return;
	headroom_process_classify(slot);
	headroom_control_refresh(segment);
	if (process->control_is_set)
		(void) headroom_effective_mode(segment, &process->control);
	allocated = atomic_load_explicit(&slot->allocated_bytes, memory_order_relaxed);
	process->blackbox_next_bytes = allocated + blackbox_step();

	number = atomic_load_explicit(&slot->statement_number, memory_order_relaxed) + 1;
	begin_change(&slot->statement_sequence);
	atomic_store_explicit(&slot->statement_number, number, memory_order_relaxed);
	atomic_store_explicit(&slot->worker_denials, 0, memory_order_relaxed);
	atomic_store_explicit(&slot->query_id_is_set, 0, memory_order_relaxed);
	atomic_store_explicit(&slot->query_id, 0, memory_order_relaxed);
	atomic_store_explicit(&slot->statement_started_boottime_ns, headroom_boottime_ns(), memory_order_relaxed);
	atomic_store_explicit(&slot->statement_base_bytes, (uint64_t) allocated, memory_order_relaxed);
	atomic_store_explicit(&slot->in_statement, 1, memory_order_relaxed);
	end_change(&slot->statement_sequence);
}

/* Denials that no ERROR followed were soft: a smaller retry did, or the caller went without. */
static void
close_statement(void)
{
	HeadroomProcess *process = &headroom_process;
	HeadroomSegment *segment = atomic_load_explicit(&headroom_segment, memory_order_acquire);
	HeadroomSlot *slot = headroom_own_slot();
	HeadroomEventPayload event;

	process->depth = 0;
	if (segment == NULL || slot == NULL)
		return;
	if (process->denial.denials > 0 && !process->outcome_is_told)
	{
		headroom_count(&segment->soft_denials);
		headroom_count(&slot->soft_denials);
		headroom_denial_event(segment, slot, HEADROOM_EVENT_SOFT_DENIAL, &event);
		headroom_event_write(segment, &event);
	}
	process->outcome_is_told = true;
	if (atomic_load_explicit(&slot->in_statement, memory_order_relaxed))
	{
		begin_change(&slot->statement_sequence);
		atomic_store_explicit(&slot->in_statement, 0, memory_order_relaxed);
		end_change(&slot->statement_sequence);
	}
	headroom_trim();
}

void
headroom_statement_end(void)
{
	HeadroomProcess *process = &headroom_process;

	if (process->depth == 0)
		return;
	if (process->depth > 1)
		process->depth--;
	else
		close_statement();
}

void
headroom_statement_reset(void)
{
	headroom_process.unsafe_depth = 0;
	if (headroom_process.depth > 0)
		close_statement();
}

uint32_t
headroom_statement_depth(void)
{
	return headroom_process.depth;
}

void
headroom_statement_set_depth(uint32_t depth)
{
	if (depth == 0)
		headroom_statement_reset();
	else if (depth < headroom_process.depth)
		headroom_process.depth = depth;
}

void
headroom_set_query_id(int64_t query_id)
{
	HeadroomSlot *slot = headroom_own_slot();

	/* Every hook of a statement says it. */
	if (slot == NULL || (atomic_load_explicit(&slot->query_id_is_set, memory_order_relaxed) != 0 &&
						 atomic_load_explicit(&slot->query_id, memory_order_relaxed) == query_id))
		return;
	begin_change(&slot->statement_sequence);
	atomic_store_explicit(&slot->query_id, query_id, memory_order_relaxed);
	atomic_store_explicit(&slot->query_id_is_set, 1, memory_order_relaxed);
	end_change(&slot->statement_sequence);
}

void
headroom_unsafe_begin(void)
{
	headroom_process.unsafe_depth++;
}

void
headroom_unsafe_end(void)
{
	if (headroom_process.unsafe_depth > 0)
		headroom_process.unsafe_depth--;
}

void
headroom_process_exiting(void)
{
	headroom_process.is_exiting = true;
}

void
headroom_set_superuser(bool is_superuser)
{
	HeadroomSlot *slot = headroom_own_slot();

	headroom_process.is_superuser = is_superuser;
	if (slot != NULL)
		atomic_store_explicit(&slot->is_superuser, is_superuser ? 1 : 0, memory_order_relaxed);
}

void
headroom_set_identity(uint32_t database_oid, uint32_t user_oid, bool is_superuser)
{
	HeadroomSlot *slot = headroom_own_slot();

	headroom_set_superuser(is_superuser);
	if (slot == NULL)
		return;
	atomic_store_explicit(&slot->database_oid, database_oid, memory_order_relaxed);
	atomic_store_explicit(&slot->user_oid, user_oid, memory_order_relaxed);
	atomic_store_explicit(&slot->identity_is_set, 1, memory_order_release);
}

void
headroom_denial_event(HeadroomSegment *segment, const HeadroomSlot *slot, HeadroomEventType type,
					  HeadroomEventPayload *event)
{
	const HeadroomProcess *process = &headroom_process;
	const HeadroomDenial *denial = &process->denial;

	headroom_event_begin(segment, slot, type, event);
	event->source = denial->source;
	event->judged_by = HEADROOM_JUDGED_BY_LIMIT;
	event->mode = HEADROOM_MODE_ENFORCE;
	event->limit_bytes = denial->limit_bytes;
	event->allocated_bytes = denial->allocated_bytes;
	event->process_allocated_bytes = denial->process_allocated_bytes;
	event->requested_bytes = denial->requested_bytes;
	event->policy_generation = denial->policy_generation;
	memcpy(event->policy_id, denial->policy_id, sizeof event->policy_id);
}

/* The leader was denied nothing itself: what its workers were denied becomes its own. */
static bool
take_worker_denials(HeadroomSegment *segment, HeadroomSlot *slot)
{
	HeadroomProcess *process = &headroom_process;
	uint64_t denials = atomic_exchange_explicit(&slot->worker_denials, 0, memory_order_acquire);

	if (denials == 0)
		return false;
	process->denial.denials = denials;
	process->denial.boottime_ns = headroom_boottime_ns();
	process->denial.allocated_bytes = atomic_load_explicit(&segment->limited_bytes, memory_order_relaxed);
	process->denial.process_allocated_bytes = atomic_load_explicit(&slot->allocated_bytes, memory_order_relaxed);
	if (process->control_is_set && process->control.limit.is_set)
	{
		process->denial.limit_bytes = process->control.limit.limit_bytes;
		process->denial.policy_generation = process->control.limit.policy_generation;
		memcpy(process->denial.policy_id, process->control.limit.policy_id, sizeof process->denial.policy_id);
	}
	return true;
}

void
headroom_outcome_to_leader(int32_t leader_pid)
{
	HeadroomProcess *process = &headroom_process;
	HeadroomSegment *segment = atomic_load_explicit(&headroom_segment, memory_order_acquire);

	if (segment == NULL || process->denial.denials == 0 || process->outcome_is_told)
		return;
	process->outcome_is_told = true;
	for (uint32_t i = 0; i < segment->slot_count; i++)
	{
		HeadroomSlot *slot = headroom_slot_at(segment, i);

		if (atomic_load_explicit(&slot->pid, memory_order_relaxed) != leader_pid ||
			atomic_load_explicit(&slot->state, memory_order_acquire) != HEADROOM_SLOT_LIVE)
			continue;
		atomic_fetch_add_explicit(&slot->worker_denials, process->denial.denials, memory_order_release);
		return;
	}
}

bool
headroom_outcome(HeadroomOutcome outcome, uint32_t sqlstate)
{
	HeadroomProcess *process = &headroom_process;
	HeadroomSegment *segment = atomic_load_explicit(&headroom_segment, memory_order_acquire);
	HeadroomSlot *slot = headroom_api_slot();
	HeadroomEventType type = HEADROOM_EVENT_BLOCK;
	HeadroomEventPayload event;

	if (segment == NULL || slot == NULL || process->outcome_is_told)
		return false;
	if (process->denial.denials == 0 && !take_worker_denials(segment, slot))
		return false;
	process->outcome_is_told = true;
	switch (outcome)
	{
		case HEADROOM_OUTCOME_ERROR:
			headroom_count(&segment->blocks);
			headroom_count(&slot->blocks);
			break;
		case HEADROOM_OUTCOME_FATAL:
			headroom_count(&segment->fatals);
			type = HEADROOM_EVENT_FATAL;
			break;
		case HEADROOM_OUTCOME_PANIC:
			headroom_count(&segment->panics);
			type = HEADROOM_EVENT_PANIC;
			break;
	}
	headroom_denial_event(segment, slot, type, &event);
	event.detail = sqlstate;
	headroom_event_write(segment, &event);
	return true;
}

void
headroom_last_denial(HeadroomDenial *denial)
{
	*denial = headroom_process.denial;
}

void
headroom_set_blackbox_callback(HeadroomBlackboxCallback callback)
{
	headroom_blackbox = callback;
}

void
headroom_blackbox_write(const HeadroomContext *contexts, uint32_t count, uint32_t contexts_total)
{
	HeadroomSlot *slot = headroom_api_slot();

	if (slot == NULL)
		return;
	if (count > HEADROOM_BLACKBOX_CONTEXTS)
		count = HEADROOM_BLACKBOX_CONTEXTS;
	begin_change(&slot->blackbox_sequence);
	HEADROOM_POINT("blackbox-opened");
	memcpy(slot->blackbox, contexts, count * sizeof *contexts);
	memset(slot->blackbox + count, 0, (HEADROOM_BLACKBOX_CONTEXTS - count) * sizeof *contexts);
	for (uint32_t i = 0; i < count; i++)
		slot->blackbox[i].name[HEADROOM_CONTEXT_NAME_BYTES - 1] = '\0';
	slot->blackbox_count = count;
	slot->blackbox_contexts_total = contexts_total;
	slot->blackbox_boottime_ns = headroom_boottime_ns();
	slot->blackbox_allocated_bytes =
		(uint64_t) atomic_load_explicit(&slot->allocated_bytes, memory_order_relaxed);
	slot->blackbox_statement_number = atomic_load_explicit(&slot->statement_number, memory_order_relaxed);
	end_change(&slot->blackbox_sequence);
}
