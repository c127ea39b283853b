/*
 * account.c: the slow path: an allocation that its process's reserve does not cover, and reserve that goes back.
 *
 * The instance's total holds what processes hold plus their reserves, so it is never below the truth, and above it by at most
 * the reserves of the processes that are at work. All reserves together are kept under 1/64 of the lowest limit; a process
 * gives its own back at the end of every statement, so an idle one has none.
 *
 * Admission is a compare-and-swap on the total, never an add that is taken back: a large request that is refused must not
 * make a small one of somebody else fail meanwhile.
 */
#include <unistd.h>

#include "judge.h"
#include "points.h"
#include "process.h"
#include "shared.h"

#define RESERVE_WITHOUT_LIMIT INT64_C(262144)
#define RESERVE_LEAST INT64_C(16384)
#define RESERVE_MOST INT64_C(1048576)
#define RESERVES_SHARE_OF_LIMIT INT64_C(64)
/* No address space holds more than this: such a request fails in the allocator, and must not pass through the totals. */
#define LARGEST_REQUEST (INT64_C(1) << 47)

/* A quarter of what a process may keep: reserve is given back when four times as much is idle. */
static int64_t
reserve_bytes(const HeadroomSegment *segment, const HeadroomProcess *process)
{
	int64_t reserve;
	uint32_t processes;

	if (!process->is_blockable || process->lowest_line == INT64_MAX)
		return RESERVE_WITHOUT_LIMIT;
	processes = atomic_load_explicit(&segment->attached_slots, memory_order_relaxed);
	reserve = process->lowest_line / (RESERVES_SHARE_OF_LIMIT * 4) / (processes == 0 ? 1 : (int64_t) processes);
	if (reserve < RESERVE_LEAST)
		return RESERVE_LEAST;
	return reserve > RESERVE_MOST ? RESERVE_MOST : reserve;
}

static void
set_return_line(HeadroomSlot *slot, int64_t charged, int64_t reserve)
{
	int64_t line = charged - 4 * reserve;

	atomic_store_explicit(&slot->return_below_bytes, line > 0 ? line : 0, memory_order_relaxed);
}

/* The total has them already. */
static void
take_charge(HeadroomSlot *slot, int64_t bytes, int64_t reserve)
{
	int64_t charged = atomic_fetch_add_explicit(&slot->charged_bytes, bytes, memory_order_relaxed) + bytes;

	set_return_line(slot, charged, reserve);
}

/* Gives the process its slot, or lets it count for itself when there is none to have. */
static HeadroomSlot *
attach(HeadroomProcess *process)
{
	HeadroomSegment *segment = atomic_load_explicit(&headroom_segment, memory_order_acquire);
	HeadroomSlot *slot = NULL;
	bool idle = false;

	if (!atomic_compare_exchange_strong(&process->attaching, &idle, true))
		return NULL; /* a signal handler in the middle of it: not counted, and the account stays above zero */
	if (segment != NULL && !process->is_exiting)
	{
		int pid = getpid();

		slot = headroom_slot_claim(segment, pid, headroom_start_ticks(pid, NULL));
	}
	if (slot == NULL)
	{
		slot = &process->own;
		atomic_store_explicit(&slot->charged_bytes, INT64_MAX / 2, memory_order_relaxed);
	}
	(void) headroom_is_main_thread();
	process->type_is_known = false;
	process->is_blockable = false;
	headroom_counters_begin();
	atomic_store_explicit(&process->slot, slot, memory_order_release);
	atomic_store(&process->attaching, false);
	return slot;
}

HeadroomSlot *
headroom_slot_of_process(void)
{
	HeadroomSlot *slot = atomic_load_explicit(&headroom_process.slot, memory_order_relaxed);

	return slot != NULL ? slot : attach(&headroom_process);
}

/* Charges without asking anybody: other threads, kinds that are never refused, and what happens inside the slow path. */
static void
charge(HeadroomSegment *segment, HeadroomProcess *process, HeadroomSlot *slot, int64_t need, int64_t reserve)
{
	headroom_total_add(segment, process->is_blockable, need + reserve);
	HEADROOM_POINT("charged-total");
	take_charge(slot, need + reserve, reserve);
}

bool
headroom_admit_slow(size_t bytes, HeadroomSource source, bool can_fail)
{
	HeadroomProcess *process = &headroom_process;
	HeadroomSegment *segment = atomic_load_explicit(&headroom_segment, memory_order_acquire);
	HeadroomSlot *slot = headroom_slot_of_process();
	int64_t need;
	int64_t reserve;
	bool idle = false;
	bool admitted = true;

	if (slot == NULL || slot == &process->own || segment == NULL || bytes > (size_t) LARGEST_REQUEST)
		return true;
	need = atomic_load_explicit(&slot->allocated_bytes, memory_order_relaxed) + (int64_t) bytes -
		   atomic_load_explicit(&slot->charged_bytes, memory_order_relaxed);
	if (need <= 0)
		return true;
	if (!headroom_is_main_thread() || !atomic_compare_exchange_strong(&process->judging, &idle, true))
	{
		charge(segment, process, slot, need, 0);
		return true;
	}

	headroom_process_classify(slot);
	headroom_control_refresh(segment);
	reserve = reserve_bytes(segment, process);
	if (!process->is_blockable)
		charge(segment, process, slot, need, reserve);
	else
	{
		HeadroomRequest request = {
			.bytes = (int64_t) bytes, .need = need, .reserve = reserve, .source = source, .can_fail = can_fail};

		admitted = headroom_judge(segment, slot, &request);
		if (admitted)
			take_charge(slot, request.need + request.reserve, reserve);
	}
	if (admitted)
		headroom_blackbox_watch(slot, (int64_t) bytes);
	atomic_store(&process->judging, false);
	return admitted;
}

bool
headroom_dsm_admit(HeadroomSegment *segment, int64_t bytes)
{
	HeadroomProcess *process = &headroom_process;
	HeadroomSlot *slot = headroom_slot_of_process();
	HeadroomRequest request = {.bytes = bytes, .need = bytes, .source = HEADROOM_SOURCE_DSM, .can_fail = true};
	bool idle = false;
	bool admitted;

	headroom_sync();
	if (slot == NULL || slot == &process->own || !headroom_is_main_thread() ||
		!atomic_compare_exchange_strong(&process->judging, &idle, true))
	{
		(void) headroom_total_add(segment, true, bytes);
		return true;
	}
	headroom_process_classify(slot);
	headroom_control_refresh(segment);
	admitted = headroom_judge(segment, slot, &request);
	atomic_store(&process->judging, false);
	return admitted;
}

/* More was usable than was asked for, or the process never held as much. */
void
headroom_add_slow(HeadroomSlot *slot, int64_t allocated)
{
	HeadroomProcess *process = &headroom_process;
	HeadroomSegment *segment = atomic_load_explicit(&headroom_segment, memory_order_acquire);
	int64_t over = allocated - atomic_load_explicit(&slot->charged_bytes, memory_order_relaxed);

	headroom_raise(&slot->peak_bytes, allocated);
	headroom_raise(&slot->lifetime_peak_bytes, allocated);
	if (over > 0 && segment != NULL && slot != &process->own)
	{
		headroom_total_add(segment, process->is_blockable, over);
		take_charge(slot, over, reserve_bytes(segment, process));
	}
}

/* Returns what is charged beyond allocated + keep. */
static void
give_back(HeadroomSegment *segment, HeadroomProcess *process, HeadroomSlot *slot, int64_t keep)
{
	int64_t charged = atomic_load_explicit(&slot->charged_bytes, memory_order_relaxed);

	for (;;)
	{
		int64_t wanted = atomic_load_explicit(&slot->allocated_bytes, memory_order_relaxed) + keep;

		if (wanted >= charged)
			return;
		if (atomic_compare_exchange_weak_explicit(&slot->charged_bytes, &charged, wanted, memory_order_relaxed,
												  memory_order_relaxed))
		{
			headroom_total_add(segment, process->is_blockable, wanted - charged);
			set_return_line(slot, wanted, keep);
			return;
		}
	}
}

void
headroom_remove_slow(HeadroomSlot *slot)
{
	HeadroomProcess *process = &headroom_process;
	HeadroomSegment *segment = atomic_load_explicit(&headroom_segment, memory_order_acquire);
	int64_t allocated = atomic_load_explicit(&slot->allocated_bytes, memory_order_relaxed);

	/* Something was freed that this process never allocated. */
	while (allocated < 0 && !atomic_compare_exchange_weak_explicit(&slot->allocated_bytes, &allocated, 0,
																   memory_order_relaxed, memory_order_relaxed))
		;
	if (segment != NULL && slot != &process->own)
		give_back(segment, process, slot, reserve_bytes(segment, process));
}

void
headroom_trim(void)
{
	HeadroomProcess *process = &headroom_process;
	HeadroomSegment *segment = atomic_load_explicit(&headroom_segment, memory_order_acquire);
	HeadroomSlot *slot = atomic_load_explicit(&process->slot, memory_order_relaxed);

	if (segment == NULL || slot == NULL || slot == &process->own)
		return;
	headroom_sync();
	give_back(segment, process, slot, 0);
	headroom_counters_cover_nothing();
}
