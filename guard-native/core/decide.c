/*
 * decide.c: the rule of refusal.
 *
 * With blame `requester` there is one line, the limit. With `largest` there are three: from the soft line to the middle of
 * what is left only the largest process is refused, from there to the limit everybody who holds more than an equal share, and
 * beyond the limit whoever asks. A process that is spared below the limit costs nothing: the limit still holds.
 */
#include "decide.h"

int64_t
headroom_first_line(int64_t limit_bytes, HeadroomBlame blame, uint32_t soft_line_percent)
{
	if (blame != HEADROOM_BLAME_LARGEST || soft_line_percent >= 100)
		return limit_bytes;
	return limit_bytes / 100 * soft_line_percent;
}

/* Below the limit, above the soft line: is this process the one to be refused? */
static bool
is_to_blame(const HeadroomQuestion *question, int64_t after, int64_t soft_line)
{
	int64_t process_after;
	int64_t share = question->limit_bytes / (question->sharers == 0 ? 1 : (int64_t) question->sharers);

	if (__builtin_add_overflow(question->process_bytes, question->need_bytes, &process_after))
		return true;
	if (process_after <= share)
		return false;
	if (after <= soft_line + (question->limit_bytes - soft_line) / 2)
		return process_after >= question->largest_other_bytes;
	return true;
}

HeadroomVerdict
headroom_decide(const HeadroomQuestion *question)
{
	int64_t soft_line = headroom_first_line(question->limit_bytes, question->blame, question->soft_line_percent);
	int64_t after;

	if (__builtin_add_overflow(question->total_bytes, question->need_bytes, &after))
		after = INT64_MAX;
	if (after <= soft_line)
		return HEADROOM_ADMIT;
	if (after <= question->limit_bytes && !is_to_blame(question, after, soft_line))
		return HEADROOM_ADMIT;
	if (question->reasons != 0)
		return after > question->limit_bytes ? HEADROOM_ADMIT_BREACH : HEADROOM_ADMIT;
	if (question->has_waiver_bytes && question->requested_bytes <= HEADROOM_WAIVER_REQUEST_BYTES &&
		question->need_bytes <= question->waiver_left_bytes)
		return HEADROOM_ADMIT_WAIVER;
	return HEADROOM_REFUSE;
}

/*
 * A statement that catches its errors in a loop gets a new waiver each time, as long as it gave back what it had; one that
 * only grows gets HEADROOM_WAIVER_GRANTS of them, so that waivers cannot carry it past the limit for ever.
 */
void
headroom_waiver_grant(HeadroomWaiver *waiver, int64_t process_bytes)
{
	if (waiver->grants > 0 && process_bytes <= waiver->allocated_at_grant)
		waiver->grants = 0;
	if (waiver->grants >= HEADROOM_WAIVER_GRANTS)
		return;
	if (waiver->grants == 0)
		waiver->allocated_at_grant = process_bytes;
	waiver->grants++;
	waiver->left_bytes = HEADROOM_WAIVER_BYTES;
}
