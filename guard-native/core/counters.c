/*
 * counters.c: the account where the allocator counts for itself.
 *
 * jemalloc keeps for every thread how many usable bytes it ever handed out and took back, adds to both on its own fast path, and
 * calls back every 64 KiB on either way. So the guard need not ask for a block's size, neither when it is handed out nor when it
 * comes back: what the main thread holds is the difference of two numbers that are there already.
 *
 * Admission stays ahead of the allocation. passes_until says how far `allocated` may go while the reserve covers it, as if nothing
 * came back meanwhile; whatever would go further is judged in account.c, after the slot was told. Since frees only help, what is
 * held never passes what is charged by more than the last block's rounding (and what other threads took from the same reserve),
 * which is charged as soon as it is seen.
 *
 * The slot is told when it is read by its own process, when an allocation does not pass, at the ends of statements, and by the
 * allocator's call when what is held moved by more than STEP_MOST or the process's reserve; so it is behind by at most that and the
 * 64 KiB between two calls.
 *
 * Other threads are counted block by block as they always were: a thread's counters end with it, while what it allocated does not.
 *
 * Fork. The child has its parent's counters; counters_are_in_use and passes_until are on the pages that the kernel empties, so its
 * first allocation does not pass, gives it a slot, and takes the counters as they are then for zero.
 *
 * Signals. A handler that comes between any two instructions tells the slot itself; because counted_bytes only changes from what
 * was read, the parts add up whoever is first, and a passes_until that is stored late is too high by at most one reserve, until the slot is told next.
 */
#include "process.h"

#define STEP_MOST INT64_C(131072)

/* Of one moment, though a signal handler may allocate and free between two reads. */
static int64_t
held_bytes(void)
{
	const volatile uint64_t *allocated = headroom_counters.allocated;
	uint64_t seen;
	uint64_t deallocated;

	do
	{
		seen = *allocated;
		deallocated = *headroom_counters.deallocated;
	} while (seen != *allocated);
	return (int64_t) (seen - deallocated);
}

/* Only this thread and its signal handlers write it, so one unlocked instruction is enough. */
static bool
change_counted(int64_t *before, int64_t after)
{
#if defined(__x86_64__) && !defined(__SANITIZE_THREAD__) && !(defined(HEADROOM_TSAN))
	bool changed;

	__asm__ volatile("cmpxchgq %3, %1"
					 : "=@cce"(changed), "+m"(headroom_process.counted_bytes), "+a"(*before)
					 : "r"(after)
					 : "cc");
	return changed;
#else
	return atomic_compare_exchange_strong_explicit(&headroom_process.counted_bytes, before, after, memory_order_relaxed,
												   memory_order_relaxed);
#endif
}

/* moved: what is held beyond what the slot says. */
static void
renew(const HeadroomSlot *slot, uint64_t allocated, int64_t moved)
{
	int64_t covered = atomic_load_explicit(&slot->charged_bytes, memory_order_relaxed) -
					  atomic_load_explicit(&slot->allocated_bytes, memory_order_relaxed) - moved;

	atomic_store_explicit(&headroom_process.passes_until, allocated + (uint64_t) (covered > 0 ? covered : 0),
						  memory_order_relaxed);
}

void
headroom_counters_begin(void)
{
	HeadroomProcess *process = &headroom_process;

	if (!headroom_is_counted_by_allocator() || process->counters_are_in_use)
		return;
	atomic_store_explicit(&process->counted_bytes, held_bytes(), memory_order_relaxed);
	process->counters_are_in_use = true;
}

void
headroom_counters_start(const volatile uint64_t *allocated, const volatile uint64_t *deallocated)
{
	headroom_counters = (HeadroomCounters) {.allocated = allocated, .deallocated = deallocated};
	if (headroom_current_slot() != NULL)
		headroom_counters_begin();
}

void
headroom_counters_sync(void)
{
	HeadroomProcess *process = &headroom_process;
	HeadroomSlot *slot = headroom_current_slot();
	int64_t held;
	int64_t before;

	if (slot == NULL)
		return;
	headroom_counters_begin(); /* another thread may have been the first to need a slot */
	before = atomic_load_explicit(&process->counted_bytes, memory_order_relaxed);
	do
		held = held_bytes();
	while (!change_counted(&before, held));
	if (held > before)
		headroom_add_to(slot, (size_t) (held - before));
	else if (held < before)
		headroom_remove_from(slot, (size_t) (before - held));
	renew(slot, *headroom_counters.allocated, 0);
}

void
headroom_counters_cover_nothing(void)
{
	if (headroom_is_counted_by_allocator())
		atomic_store_explicit(&headroom_process.passes_until, *headroom_counters.allocated, memory_order_relaxed);
}

void
headroom_counters_moved(void *context, uint64_t allocated, uint64_t deallocated)
{
	HeadroomProcess *process = &headroom_process;
	const HeadroomSlot *slot = headroom_current_slot();
	int64_t moved;
	int64_t step;

	(void) context;
	if (slot == NULL || !process->counters_are_in_use || !headroom_is_counted_by_allocator())
		return;
	moved = (int64_t) (allocated - deallocated) - atomic_load_explicit(&process->counted_bytes, memory_order_relaxed);
	/* Reserve goes back when four times as much as a process takes is idle. */
	step = (atomic_load_explicit(&slot->charged_bytes, memory_order_relaxed) -
			atomic_load_explicit(&slot->return_below_bytes, memory_order_relaxed)) /
		   4;
	if (step > STEP_MOST)
		step = STEP_MOST;
	if (moved > -step && moved < step)
		renew(slot, allocated, moved);
	else
		headroom_counters_sync();
}
