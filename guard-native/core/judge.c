/*
 * judge.c: one request against the limit in force and up to 8 shadow limits, at the same place and moment.
 *
 * Runs in the main thread only, when the reserve is used up. Far below every line it is one compare-and-swap on the total.
 */
#include "judge.h"

#include <string.h>
#include <unistd.h>

#include "points.h"
#include "shared.h"

#define SWEEP_INTERVAL_NS UINT64_C(10000000)
/* Under contention a request is judged again this often, then let through as it was judged last. */
#define JUDGE_ATTEMPTS 64

void
headroom_control_refresh(HeadroomSegment *segment)
{
	HeadroomProcess *process = &headroom_process;
	const HeadroomControl *control = &process->control;

	if (process->control_is_set && process->control_generation ==
									   atomic_load_explicit(&segment->control_generation, memory_order_acquire))
		return;
	if (!headroom_control_read(segment, &process->control, &process->control_generation))
		return;
	process->control_is_set = true;
	process->lowest_line = INT64_MAX;
	if (control->limit.is_set)
		process->lowest_line = headroom_first_line((int64_t) control->limit.limit_bytes,
												   (HeadroomBlame) control->blame, control->soft_line_percent);
	for (int i = 0; i < HEADROOM_SHADOW_LIMITS; i++)
	{
		int64_t line = headroom_first_line((int64_t) control->shadow[i].limit_bytes, (HeadroomBlame) control->blame,
										   control->soft_line_percent);

		if (control->shadow[i].is_set && line < process->lowest_line)
			process->lowest_line = line;
	}
}

/* Takes `bytes` when the total then stays at or below the line. */
static bool
take_below(HeadroomSegment *segment, int64_t bytes, int64_t line, int64_t *total)
{
	*total = atomic_load_explicit(&segment->limited_bytes, memory_order_relaxed);
	while (bytes <= line - *total)
	{
		if (atomic_compare_exchange_weak_explicit(&segment->limited_bytes, total, *total + bytes, memory_order_relaxed,
												  memory_order_relaxed))
		{
			headroom_raise(&segment->limited_peak_bytes, *total + bytes);
			return true;
		}
	}
	return false;
}

void
headroom_event_begin(HeadroomSegment *segment, const HeadroomSlot *slot, HeadroomEventType type,
					 HeadroomEventPayload *event)
{
	const HeadroomProcess *process = &headroom_process;

	memset(event, 0, sizeof *event);
	event->boottime_ns = headroom_boottime_ns();
	event->type = (uint32_t) type;
	event->pid = getpid();
	event->mode = atomic_load_explicit(&segment->switch_mode, memory_order_relaxed);
	event->allocated_bytes = atomic_load_explicit(&segment->limited_bytes, memory_order_relaxed);
	event->denials_in_statement = process->denial.denials;
	if (slot == NULL)
		return;
	event->process_allocated_bytes = atomic_load_explicit(&slot->allocated_bytes, memory_order_relaxed);
	if (slot == &process->own)
		return;
	event->kind = atomic_load_explicit(&slot->kind, memory_order_relaxed);
	event->slot = headroom_slot_index(segment, slot);
	event->slot_generation = atomic_load_explicit(&slot->slot_generation, memory_order_relaxed);
	event->statement_number = atomic_load_explicit(&slot->statement_number, memory_order_relaxed);
	event->query_id = atomic_load_explicit(&slot->query_id, memory_order_relaxed);
	event->query_id_is_set = atomic_load_explicit(&slot->query_id_is_set, memory_order_relaxed);
	event->in_statement = atomic_load_explicit(&slot->in_statement, memory_order_relaxed);
	event->identity_is_set = atomic_load_explicit(&slot->identity_is_set, memory_order_relaxed);
	event->database_oid = atomic_load_explicit(&slot->database_oid, memory_order_relaxed);
	event->user_oid = atomic_load_explicit(&slot->user_oid, memory_order_relaxed);
}

static void
write_event(HeadroomSegment *segment, const HeadroomSlot *slot, HeadroomEventType type, HeadroomMode mode,
			const HeadroomRequest *request, const HeadroomLimit *limit, uint32_t judged_by, int64_t total)
{
	HeadroomEventPayload event;

	headroom_event_begin(segment, slot, type, &event);
	event.mode = (uint32_t) mode;
	event.source = (uint32_t) request->source;
	event.requested_bytes = (uint64_t) request->bytes;
	event.judged_by = judged_by;
	event.limit_bytes = limit->limit_bytes;
	event.policy_generation = limit->policy_generation;
	event.allocated_bytes = total;
	memcpy(event.policy_id, limit->policy_id, sizeof event.policy_id);
	event.policy_id[sizeof event.policy_id - 1] = '\0';
	headroom_event_write(segment, &event);
}

/* Who else could be to blame: only looked at when blame is `largest` and the soft line is passed. */
static void
count_sharers(HeadroomSegment *segment, const HeadroomSlot *own, HeadroomQuestion *question)
{
	for (uint32_t i = 0; i < segment->slot_count; i++)
	{
		HeadroomSlot *slot = headroom_slot_at(segment, i);
		uint32_t kind = atomic_load_explicit(&slot->kind, memory_order_relaxed);
		int64_t allocated;

		if (atomic_load_explicit(&slot->state, memory_order_acquire) != HEADROOM_SLOT_LIVE || kind > 31 ||
			!(segment->blockable_kinds & HEADROOM_KIND_BIT(kind)) ||
			!atomic_load_explicit(&slot->in_statement, memory_order_relaxed))
			continue;
		question->sharers++;
		allocated = atomic_load_explicit(&slot->allocated_bytes, memory_order_relaxed);
		if (slot != own && allocated > question->largest_other_bytes)
			question->largest_other_bytes = allocated;
	}
}

static void
would_block(HeadroomSegment *segment, HeadroomSlot *slot, HeadroomMode mode, const HeadroomRequest *request,
			const HeadroomLimit *limit, uint32_t judged_by, int64_t total)
{
	headroom_count(&segment->would_blocks);
	headroom_count(&slot->would_blocks);
	write_event(segment, slot, HEADROOM_EVENT_WOULD_BLOCK, mode, request, limit, judged_by, total);
}

static void
deny(HeadroomSegment *segment, HeadroomSlot *slot, const HeadroomRequest *request, const HeadroomControl *control,
	 int64_t total)
{
	HeadroomProcess *process = &headroom_process;
	HeadroomDenial *denial = &process->denial;
	bool is_first = denial->denials == 0;

	denial->denials++;
	denial->boottime_ns = headroom_boottime_ns();
	denial->requested_bytes = (uint64_t) request->bytes;
	denial->limit_bytes = control->limit.limit_bytes;
	denial->allocated_bytes = total;
	denial->process_allocated_bytes = atomic_load_explicit(&slot->allocated_bytes, memory_order_relaxed);
	denial->source = (uint32_t) request->source;
	denial->blame = control->blame;
	denial->policy_generation = control->limit.policy_generation;
	memcpy(denial->policy_id, control->limit.policy_id, sizeof denial->policy_id);
	process->outcome_is_told = false;
	headroom_waiver_grant(&process->waiver, denial->process_allocated_bytes);

	headroom_count(&segment->denials);
	headroom_count(&slot->denials);
	atomic_store_explicit(&slot->last_denial_boottime_ns, denial->boottime_ns, memory_order_relaxed);
	write_event(segment, slot, HEADROOM_EVENT_DENIAL, HEADROOM_MODE_ENFORCE, request, &control->limit,
				HEADROOM_JUDGED_BY_LIMIT, total);
	if (is_first)
		headroom_blackbox_run();
}

static void
judge_shadows(HeadroomSegment *segment, HeadroomSlot *slot, HeadroomMode mode, const HeadroomRequest *request,
			  HeadroomQuestion question, const HeadroomControl *control)
{
	uint64_t statement = atomic_load_explicit(&slot->statement_number, memory_order_relaxed);

	question.has_waiver_bytes = false;
	for (uint32_t i = 0; i < HEADROOM_SHADOW_LIMITS; i++)
	{
		_Atomic uint64_t *counted = &slot->shadow_counted_statement[i];

		if (!control->shadow[i].is_set || atomic_load_explicit(counted, memory_order_relaxed) == statement)
			continue;
		question.limit_bytes = (int64_t) control->shadow[i].limit_bytes;
		if (headroom_decide(&question) != HEADROOM_REFUSE)
			continue;
		atomic_store_explicit(counted, statement, memory_order_relaxed);
		would_block(segment, slot, mode, request, &control->shadow[i], HEADROOM_JUDGED_BY_SHADOW + i, question.total_bytes);
	}
}

/* Notes what the verdict on the live limit means once the request has been admitted. */
static void
note_admitted(HeadroomSegment *segment, HeadroomSlot *slot, HeadroomVerdict verdict, int64_t need)
{
	if (verdict == HEADROOM_ADMIT_BREACH)
		headroom_count(&segment->breaches);
	if (verdict == HEADROOM_ADMIT_WAIVER)
	{
		headroom_count(&segment->waivers);
		headroom_count(&slot->waivers);
		headroom_process.waiver.left_bytes -= need;
	}
}

static HeadroomVerdict
judge_limit(HeadroomSegment *segment, HeadroomSlot *slot, HeadroomMode mode, const HeadroomRequest *request,
			HeadroomQuestion *question, const HeadroomControl *control)
{
	HeadroomProcess *process = &headroom_process;
	uint64_t statement = atomic_load_explicit(&slot->statement_number, memory_order_relaxed);
	HeadroomVerdict verdict;

	if (!control->limit.is_set)
		return HEADROOM_ADMIT;
	question->limit_bytes = (int64_t) control->limit.limit_bytes;
	question->has_waiver_bytes = mode == HEADROOM_MODE_ENFORCE;
	verdict = headroom_decide(question);
	if (verdict != HEADROOM_REFUSE || mode == HEADROOM_MODE_ENFORCE)
		return verdict;
	if (process->limit_counted_statement != statement)
	{
		process->limit_counted_statement = statement;
		would_block(segment, slot, mode, request, &control->limit, HEADROOM_JUDGED_BY_LIMIT, question->total_bytes);
	}
	return HEADROOM_ADMIT;
}

/*
 * How much reserve may come on top of a total. None when the limit in force is passed, or when the reserve would reach over a line
 * that is not; a shadow limit that has long been passed must not send every small allocation this way.
 */
static int64_t
reserve_above(const HeadroomControl *control, HeadroomMode mode, int64_t total, int64_t reserve)
{
	for (int i = -1; i < HEADROOM_SHADOW_LIMITS; i++)
	{
		const HeadroomLimit *limit = i < 0 ? &control->limit : &control->shadow[i];
		int64_t line;

		if (!limit->is_set)
			continue;
		line = headroom_first_line((int64_t) limit->limit_bytes, (HeadroomBlame) control->blame, control->soft_line_percent);
		if (total > line ? i < 0 && mode == HEADROOM_MODE_ENFORCE : reserve > line - total)
			return 0;
	}
	return reserve;
}

/* The total is at a line: somebody may have to be refused, or would have been. */
static bool
judge_at_line(HeadroomSegment *segment, HeadroomSlot *slot, HeadroomMode mode, HeadroomRequest *request, int64_t reserve,
			  int64_t total)
{
	HeadroomProcess *process = &headroom_process;
	const HeadroomControl *control = &process->control;
	HeadroomQuestion question = {
		.reasons = headroom_process_reasons(request->source) | (request->can_fail ? 0 : HEADROOM_REASON_CALLER),
		.need_bytes = request->need,
		.requested_bytes = request->bytes,
		.process_bytes = atomic_load_explicit(&slot->allocated_bytes, memory_order_relaxed),
		.blame = (HeadroomBlame) control->blame,
		.soft_line_percent = control->soft_line_percent,
		.waiver_left_bytes = process->waiver.left_bytes,
	};

	if (question.blame == HEADROOM_BLAME_LARGEST)
		count_sharers(segment, slot, &question);
	HEADROOM_POINT("judging");
	for (int attempt = 0; attempt < JUDGE_ATTEMPTS; attempt++)
	{
		HeadroomVerdict verdict;

		question.total_bytes = total;
		judge_shadows(segment, slot, mode, request, question, control);
		verdict = judge_limit(segment, slot, mode, request, &question, control);
		if (verdict == HEADROOM_REFUSE)
		{
			deny(segment, slot, request, control, total);
			return false;
		}
		request->reserve = reserve_above(control, mode, total + request->need, reserve);
		/* Admitted on the strength of this very total; when it has moved, it is judged again. */
		if (atomic_compare_exchange_strong_explicit(&segment->limited_bytes, &total,
													total + request->need + request->reserve, memory_order_relaxed,
													memory_order_relaxed))
		{
			headroom_raise(&segment->limited_peak_bytes, total + request->need + request->reserve);
			note_admitted(segment, slot, verdict, request->need);
			return true;
		}
	}
	request->reserve = 0;
	headroom_total_add(segment, true, request->need);
	return true;
}

bool
headroom_judge(HeadroomSegment *segment, HeadroomSlot *slot, HeadroomRequest *request)
{
	HeadroomProcess *process = &headroom_process;
	HeadroomMode mode;
	int64_t reserve = request->reserve;
	int64_t total;
	bool has_swept = false;

	if (!process->control_is_set)
	{
		headroom_total_add(segment, true, request->need + request->reserve);
		return true;
	}
	if (take_below(segment, request->need + request->reserve, process->lowest_line, &total))
		return true;
	request->reserve = 0;

	/* What dead processes held must not count against the living. */
	while (!take_below(segment, request->need, process->lowest_line, &total))
	{
		if (has_swept || headroom_slot_sweep(segment, SWEEP_INTERVAL_NS) == 0)
		{
			mode = headroom_effective_mode(segment, &process->control);
			if (mode != HEADROOM_MODE_OFF)
				return judge_at_line(segment, slot, mode, request, reserve, total);
			request->reserve = reserve;
			headroom_total_add(segment, true, request->need + reserve);
			return true;
		}
		has_swept = true;
	}
	return true;
}
