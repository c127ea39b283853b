/*
 * process.h: what the guard knows of the process it runs in, and the fast path of its account.
 *
 * Data flow. An allocation is admitted (headroom_admit), made by the real allocator, and added (headroom_add) with the size
 * the allocator says is usable; a free removes the same size. Those touch one cache line: the first of the process's slot.
 * A slot's charged_bytes are already in the instance's total, so nothing shared is touched while allocated stays between
 * return_below_bytes and charged_bytes. Outside of that the slow path in account.c takes or gives back reserve.
 * Where the allocator counts for itself the main thread does less: an allocation only looks whether the reserve covers it
 * (headroom_passes), a free does nothing, and what the allocator counted comes into the slot now and then: counters.c.
 *
 * Fork. headroom_process lies on pages of its own that the kernel empties in every forked child (MADV_WIPEONFORK): whatever
 * way the child was made, it starts without a slot, from zero, and its first allocation gives it one. A vfork child shares
 * its parent's memory, so it rightly works on its parent's account. What a child frees of its parent's memory was never in its
 * account; the account is kept from falling below zero, so that it can be too low by at most what was held at the fork, and
 * never drifts further.
 *
 * Threads and signals. allocated_bytes is written by this process only. While there is one thread a single unlocked
 * read-modify-write instruction is enough: a signal handler runs before or after an instruction, never inside. With more
 * threads the same is a locked instruction. Everything else in here belongs to the main thread, which alone can be refused;
 * other threads only charge.
 */
#ifndef HEADROOM_PROCESS_H
#define HEADROOM_PROCESS_H

#include <stdbool.h>
#include <sys/single_threaded.h>

#include "decide.h"
#include "headroom_guard.h"

#define HEADROOM_REGIONS 512

/* On a declaration: spares the fast path the detour that a symbol of another library would need. */
#define HEADROOM_HIDDEN __attribute__((visibility("hidden")))

#define headroom_likely(condition) __builtin_expect(!!(condition), 1)
#define headroom_unlikely(condition) __builtin_expect(!!(condition), 0)

/* Postgres's own variables, found by name in the running executable. All NULL in a process that is no Postgres. */
typedef struct HeadroomHost
{
	bool is_postgres; /* otherwise everything is passed through uncounted */
	uintptr_t code_start; /* the executable's own code and data; start == end: unknown */
	uintptr_t code_end;
	const volatile uint32_t *crit_section_count;
	const volatile uint32_t *interrupt_holdoff_count;
	void *const volatile *exception_stack;
	const volatile bool *proc_exit_inprogress;
	const volatile int *backend_type;
	const volatile int *parallel_worker_number;
	bool (*in_error_recursion_trouble)(void);
	const char *(*backend_type_name)(int backend_type);
} HeadroomHost;

/* A private anonymous mapping that was counted. start == 0: free; 1: being changed. */
typedef struct HeadroomRegion
{
	_Atomic uintptr_t start;
	_Atomic size_t bytes;
} HeadroomRegion;

typedef struct HeadroomProcess
{
	/* What every statement touches comes first, and lies in two cache lines. */
	HeadroomSlot *_Atomic slot; /* in the segment, or `own`, or NULL before the first allocation */

	/* the allocator's counters of the main thread; see counters.c */
	_Atomic uint64_t passes_until; /* how far `allocated` may go before the reserve is looked at again */
	_Atomic int64_t counted_bytes; /* what they said is held when the slot was last told */
	bool counters_are_in_use;

	_Atomic bool attaching;
	_Atomic bool judging; /* the slow path is at work: what allocates inside is charged, not judged */

	/* what Postgres says this process is; asked again whenever its type changed */
	bool type_is_known;
	bool is_blockable;
	int type;

	/* statements */
	uint32_t depth;
	uint32_t unsafe_depth;
	bool is_exiting;
	bool is_superuser;
	bool outcome_is_told;

	bool control_is_set;
	uint64_t control_generation;
	int64_t lowest_line; /* below this total nothing needs to be judged */

	/* the black box */
	int64_t blackbox_next_bytes;
	bool blackbox_runs;

	const void *main_thread;          /* the address that headroom_thread has in the main thread */
	uint64_t limit_counted_statement; /* the statement in which the live limit was last counted as a would-block */
	HeadroomDenial denial;
	HeadroomWaiver waiver;
	HeadroomControl control; /* the one in force as of control_generation */

	HeadroomSlot own; /* stands in while there is no segment or no free slot in it */
	HeadroomRegion regions[HEADROOM_REGIONS];
} HeadroomProcess;

/* Both on pages of their own; see process.c. */
typedef union HeadroomProcessPages
{
	HeadroomProcess process;
	char pages[(sizeof(HeadroomProcess) + 4095) / 4096 * 4096];
} HeadroomProcessPages;

extern HEADROOM_HIDDEN HeadroomProcessPages headroom_process_pages;
#define headroom_process (headroom_process_pages.process)

/* Survive a fork. */
extern HeadroomHost headroom_host;
extern HeadroomSegment *_Atomic headroom_segment;
extern HeadroomBlackboxCallback headroom_blackbox;

/* Only its address matters: it differs between threads. */
extern _Thread_local char headroom_thread;

/* Bytes this thread was ever given and ever gave back, counted by the allocator. NULL in every thread but the main one. */
typedef struct HeadroomCounters
{
	const volatile uint64_t *allocated;
	const volatile uint64_t *deallocated;
} HeadroomCounters;

extern HEADROOM_HIDDEN _Thread_local HeadroomCounters headroom_counters;

/* Once, before any fork. */
void headroom_process_start(void);
/* Gives the slot back; what is freed later is no longer counted. */
void headroom_process_end(void);
bool headroom_is_main_thread(void);
/* The reasons that this process cannot be refused right now; 0: it can. */
HeadroomReasons headroom_process_reasons(HeadroomSource source);
/* Asks Postgres again what this process is, and moves its bytes to the right total when that changed. */
void headroom_process_classify(HeadroomSlot *slot);
uint64_t headroom_boottime_ns(void);
uint64_t headroom_start_ticks(int pid, char *state);

/* account.c */
bool headroom_admit_slow(size_t bytes, HeadroomSource source, bool can_fail);
void headroom_add_slow(HeadroomSlot *slot, int64_t allocated);
void headroom_remove_slow(HeadroomSlot *slot);
void headroom_trim(void);

/* counters.c */
/* In the main thread, once: from here on what it holds is what the counters say. They must live as long as the thread. */
void headroom_counters_start(const volatile uint64_t *allocated, const volatile uint64_t *deallocated);
/* The process has got its slot: what was counted before is not its own. */
void headroom_counters_begin(void);
void headroom_counters_sync(void);
/* The reserve has gone back. */
void headroom_counters_cover_nothing(void);
/* For the allocator to call every so many bytes, on both ways. */
void headroom_counters_moved(void *context, uint64_t allocated, uint64_t deallocated);

/* Whether what this thread allocates and frees is counted by the allocator and must not be added or removed here. */
static inline bool
headroom_is_counted_by_allocator(void)
{
	return headroom_counters.allocated != NULL;
}

/* Makes the slot say what the process holds. */
static inline void
headroom_sync(void)
{
	if (headroom_is_counted_by_allocator())
		headroom_counters_sync();
}

/* Whether the allocator counts it and the reserve covers it; a size that is negative as int64_t is left to the allocator. */
static inline bool
headroom_passes(size_t bytes)
{
	const volatile uint64_t *allocated = headroom_counters.allocated;

	return allocated != NULL &&
		   (int64_t) bytes <=
			   (int64_t) (atomic_load_explicit(&headroom_process.passes_until, memory_order_relaxed) - *allocated);
}

static inline int64_t
headroom_account_move(HeadroomSlot *slot, int64_t bytes)
{
#if defined(__x86_64__) && !defined(__SANITIZE_THREAD__) && !(defined(HEADROOM_TSAN))
	if (headroom_likely(__libc_single_threaded))
	{
		__asm__ volatile("addq %1, %0" : "+m"(slot->allocated_bytes) : "r"(bytes) : "cc");
		return atomic_load_explicit(&slot->allocated_bytes, memory_order_relaxed);
	}
#endif
	return atomic_fetch_add_explicit(&slot->allocated_bytes, bytes, memory_order_relaxed) + bytes;
}

/* The slot that counts for this process; NULL before its first allocation, and always in a process that is no Postgres. */
static inline HeadroomSlot *
headroom_current_slot(void)
{
	return atomic_load_explicit(&headroom_process.slot, memory_order_relaxed);
}

/* Whether the reserve covers it. A size that is negative as int64_t is left to the allocator, which has no such memory. */
static inline bool
headroom_is_covered(const HeadroomSlot *slot, size_t bytes)
{
	return headroom_likely(slot != NULL) &&
		   headroom_likely((int64_t) bytes <= atomic_load_explicit(&slot->charged_bytes, memory_order_relaxed) -
												  atomic_load_explicit(&slot->allocated_bytes, memory_order_relaxed));
}

/*
 * Whether whoever asked turns a NULL into an ERROR. Postgres's own code does; of the libraries beside it nobody knows: LLVM
 * aborts, which takes the whole server down, Perl exits.
 */
static inline bool
headroom_can_fail(const void *caller)
{
	return (uintptr_t) caller - headroom_host.code_start < headroom_host.code_end - headroom_host.code_start;
}

/* Whether the allocation may be made. can_fail: whether its caller can take a NULL. */
static inline bool
headroom_admit(size_t bytes, HeadroomSource source, bool can_fail)
{
	headroom_sync();
	return headroom_is_covered(headroom_current_slot(), bytes) || headroom_admit_slow(bytes, source, can_fail);
}

static inline void
headroom_add_to(HeadroomSlot *slot, size_t bytes)
{
	int64_t allocated = headroom_account_move(slot, (int64_t) bytes);

	if (headroom_unlikely((allocated > atomic_load_explicit(&slot->peak_bytes, memory_order_relaxed)) |
						  (allocated > atomic_load_explicit(&slot->charged_bytes, memory_order_relaxed))))
		headroom_add_slow(slot, allocated);
}

static inline void
headroom_add(size_t bytes)
{
	HeadroomSlot *slot = headroom_current_slot();

	if (headroom_likely(slot != NULL))
		headroom_add_to(slot, bytes);
}

static inline void
headroom_remove_from(HeadroomSlot *slot, size_t bytes)
{
	if (headroom_unlikely(headroom_account_move(slot, -(int64_t) bytes) <
						  atomic_load_explicit(&slot->return_below_bytes, memory_order_relaxed)))
		headroom_remove_slow(slot);
}

/* Without a slot this is a child that has allocated nothing and frees what it inherited. */
static inline void
headroom_remove(size_t bytes)
{
	HeadroomSlot *slot = headroom_current_slot();

	if (headroom_likely(slot != NULL))
		headroom_remove_from(slot, bytes);
}

#endif
