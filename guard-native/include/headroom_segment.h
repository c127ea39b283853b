/*
 * headroom_segment.h: the layout of the memory that a guarded Postgres and its collector share. The one definition:
 * the preload library, the extension and the tests include it, and a test compares it with the collector's offsets.
 *
 * One segment per postmaster: a memfd named "headroom-guard", made before the first child is forked, mapped shared by
 * every child, and found from outside as the link "/memfd:headroom-guard (deleted)" under /proc/<postmaster>/fd.
 *
 *     HeadroomSegment (4096 bytes) | slot_count x HeadroomSlot | dsm_capacity x HeadroomDsm | ring_capacity x HeadroomEvent
 *
 * Who writes what
 *   identity, facts     the postmaster, before `ready` is stored; facts once more when shared memory stands. Then constant.
 *   control             one writer at a time, see HeadroomControl. The collector owns mode, lease, limit and shadow limits;
 *                       the server's settings own the rest. A writer copies what it does not own.
 *   switch_mode         SQL, at any time. The mode in effect is the lower of the two.
 *   totals, slots, ring the guard in every process. The collector only exchanges watermarks.
 *
 * Conventions
 *   No pointers and no addresses: every process may map it elsewhere. Little endian, natural alignment, no implied padding.
 *   Times are CLOCK_BOOTTIME nanoseconds, named *_boottime_ns. Bytes are bytes. Nothing uses 0 or -1 for "absent": a value
 *   that may be absent has an *_is_set beside it.
 *   Pids are those of the postmaster's own pid namespace.
 *   Fields of one process's fast path have a cache line of their own; so has every atomic that all processes write.
 *
 * Watermarks. The guard raises a *_peak_bytes with a compare-and-swap; the one collector reads it with an atomic exchange
 * to 0, so nothing that happened between two reads is lost. What it exchanged may be lower than what is held (nothing was
 * allocated since): the peak of an interval is the largest of what the exchange gave, what is held now, and what was held
 * at the read before.
 *
 * Versions. Fields are added at the end of reserved space and the version is raised; none is ever moved or retyped. A
 * reader refuses another magic, and a layout version that is not the one it was built for.
 */
#ifndef HEADROOM_SEGMENT_H
#define HEADROOM_SEGMENT_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#define HEADROOM_MAGIC UINT64_C(0x4D4F4F5244414548) /* the bytes "HEADROOM" */
#define HEADROOM_LAYOUT_VERSION 1u
#define HEADROOM_MEMFD_NAME "headroom-guard"

#define HEADROOM_SHADOW_LIMITS 8
#define HEADROOM_POLICY_ID_BYTES 64 /* with the closing NUL */
#define HEADROOM_KIND_NAME_BYTES 32 /* with the closing NUL */
#define HEADROOM_CONTEXT_NAME_BYTES 48 /* with the closing NUL */
#define HEADROOM_BLACKBOX_CONTEXTS 8
#define HEADROOM_DSM_NAME_BYTES 40 /* with the closing NUL, without "/dev/shm/" */

/* Numbers are stored: add, never renumber. */
typedef enum HeadroomMode
{
	HEADROOM_MODE_OFF = 0,     /* accounts, judges nothing, refuses nothing */
	HEADROOM_MODE_SHADOW = 1,  /* accounts and judges, refuses nothing */
	HEADROOM_MODE_ENFORCE = 2, /* accounts, judges and refuses */
} HeadroomMode;

/* What counts once the lease has run out. */
typedef enum HeadroomFallback
{
	HEADROOM_FALLBACK_COUNT = 0, /* keep accounting, stop judging and refusing */
	HEADROOM_FALLBACK_KEEP = 1,  /* go on with the last limits */
} HeadroomFallback;

typedef enum HeadroomBlame
{
	HEADROOM_BLAME_REQUESTER = 0, /* who asks when the limit is reached */
	HEADROOM_BLAME_LARGEST = 1,   /* above the soft line only who holds more than its share, the largest first */
} HeadroomBlame;

/* Only client backends and parallel workers are ever refused; background workers when the server's settings say so. */
typedef enum HeadroomKind
{
	HEADROOM_KIND_UNKNOWN = 0, /* not classified by Postgres yet, or a kind this guard does not know */
	HEADROOM_KIND_CLIENT_BACKEND = 1,
	HEADROOM_KIND_PARALLEL_WORKER = 2,
	HEADROOM_KIND_BACKGROUND_WORKER = 3,
	HEADROOM_KIND_AUTOVACUUM_WORKER = 4,
	HEADROOM_KIND_AUTOVACUUM_LAUNCHER = 5,
	HEADROOM_KIND_WALSENDER = 6,
	HEADROOM_KIND_POSTMASTER = 7,
	HEADROOM_KIND_AUXILIARY = 8, /* checkpointer, writer, startup and the like: kind_name says which */
} HeadroomKind;

#define HEADROOM_KIND_BIT(kind) (UINT32_C(1) << (kind))
#define HEADROOM_BLOCKABLE_DEFAULT                                                                                     \
	(HEADROOM_KIND_BIT(HEADROOM_KIND_CLIENT_BACKEND) | HEADROOM_KIND_BIT(HEADROOM_KIND_PARALLEL_WORKER))
#define HEADROOM_BLOCKABLE_POSSIBLE                                                                                    \
	(HEADROOM_BLOCKABLE_DEFAULT | HEADROOM_KIND_BIT(HEADROOM_KIND_BACKGROUND_WORKER))

/* --- control ------------------------------------------------------------------------------------------------------- */

/* A limit and whose it is. policy_id is empty for a limit that no policy set. */
typedef struct HeadroomLimit
{
	uint32_t is_set; /* 0 or 1; the rest means nothing when 0 */
	uint32_t reserved;
	uint64_t limit_bytes;
	uint64_t policy_generation; /* raised by the collector whenever the slot gets another policy */
	char policy_id[HEADROOM_POLICY_ID_BYTES];
} HeadroomLimit;

/*
 * Two copies; the one in force is control[control_generation & 1]. A writer
 *   1. takes control_writer_until_boottime_ns: compare-and-swap from 0, or from a time already past, to now + 1 s,
 *   2. copies the copy in force into the other one and changes what it owns,
 *   3. stores control_generation + 1 with release order,
 *   4. stores 0 into control_writer_until_boottime_ns with release order.
 * A reader loads the generation (acquire), copies, and loads it again: if it changed it starts over. So a writer that dies
 * half way leaves the copy in force whole, and a reader never acts on a mixture.
 */
typedef struct HeadroomControl
{
	uint32_t mode;                      /* HeadroomMode; owned by the collector */
	uint32_t lease_is_set;              /* 0: this control has no end (a limit from the server's own settings) */
	uint64_t lease_expires_boottime_ns; /* owned by the collector */
	uint32_t fallback;                  /* HeadroomFallback; this and the next three: owned by the server's settings */
	uint32_t blame;                     /* HeadroomBlame */
	uint32_t soft_line_percent;         /* of the limit, 1..100; for HEADROOM_BLAME_LARGEST */
	uint32_t exempt_superusers;         /* 0 or 1 */
	HeadroomLimit limit;                /* the limit in force; owned by the collector */
	HeadroomLimit shadow[HEADROOM_SHADOW_LIMITS];
	uint64_t reserved;
} HeadroomControl;

/* --- header -------------------------------------------------------------------------------------------------------- */

typedef struct HeadroomSegment
{
	/* 0: identity, constant once ready is 1 */
	uint64_t magic;          /* HEADROOM_MAGIC */
	uint32_t layout_version; /* HEADROOM_LAYOUT_VERSION */
	_Atomic uint32_t ready;  /* 1 when everything else is written; a reader waits for it */
	uint64_t total_bytes;    /* of the whole segment */
	uint32_t slot_offset;    /* bytes from the start */
	uint32_t slot_bytes;     /* distance of two slots */
	uint32_t slot_count;
	uint32_t dsm_offset;
	uint32_t dsm_bytes_each;
	uint32_t dsm_capacity; /* a power of two */
	uint32_t ring_offset;
	uint32_t ring_bytes_each;
	uint32_t ring_capacity; /* events; a power of two */
	int32_t postmaster_pid;

	/* 64 */
	uint64_t postmaster_start_ticks; /* field 22 of /proc/PID/stat */
	uint64_t created_boottime_ns;
	uint32_t server_version_num; /* as Postgres counts: 150018 */
	uint32_t blockable_kinds;    /* HEADROOM_KIND_BIT of each kind that may be refused; constant */
	uint64_t identity_reserved[5];

	/* 128: what a formula needs of the server, constant once facts_are_set is 1 */
	_Atomic uint32_t facts_are_set;
	uint32_t max_connections;
	uint64_t shared_buffers_bytes;
	uint64_t shared_memory_bytes; /* Postgres's whole main segment */
	uint64_t huge_page_bytes;     /* of the main segment; means something when huge_pages_in_use is 1 */
	uint32_t huge_pages_in_use;   /* 0 or 1 */
	uint32_t max_worker_processes;
	uint32_t autovacuum_max_workers;
	uint32_t max_wal_senders;
	uint64_t work_mem_bytes; /* as set for the server; sessions may differ */
	uint64_t maintenance_work_mem_bytes;

	/* 192 */
	_Atomic uint32_t switch_mode; /* HeadroomMode that SQL allows at most */
	_Atomic uint32_t lease_state; /* HeadroomLeaseState last seen by a process, for the change's one event */
	uint64_t switch_reserved[7];

	/* 256 */
	_Atomic uint64_t control_generation;
	_Atomic uint64_t control_writer_until_boottime_ns;
	uint64_t control_reserved[6];

	/* 320 */
	HeadroomControl control[2];

	/* 1984: held by blockable kinds, reserves and DSM included: what is compared with the limit */
	_Atomic int64_t limited_bytes;
	_Atomic int64_t limited_peak_bytes; /* watermark; the collector exchanges it */
	uint64_t limited_reserved[6];

	/* 2048: held by every other kind, reserves included; never refused, never compared */
	_Atomic int64_t others_bytes;
	uint64_t others_reserved[7];

	/* 2112: dynamic shared memory, counted once for the instance and part of limited_bytes */
	_Atomic int64_t dsm_bytes;
	_Atomic int64_t dsm_peak_bytes; /* watermark; the collector exchanges it */
	uint64_t dsm_reserved[6];

	/* 2176: counters since the segment was made */
	_Atomic uint64_t denials;
	_Atomic uint64_t blocks;
	_Atomic uint64_t would_blocks;
	_Atomic uint64_t soft_denials; /* statements that went on after denials */
	_Atomic uint64_t fatals;
	_Atomic uint64_t panics;
	_Atomic uint64_t waivers; /* requests beyond the limit that were let through for an error's path */
	_Atomic uint64_t breaches; /* requests beyond the limit that were let through because nobody could be refused */

	/* 2240: what the guard could not do; all 0 in a healthy server */
	_Atomic uint64_t slots_exhausted;   /* processes that found no slot and count for themselves only */
	_Atomic uint64_t regions_uncounted; /* mmap regions beyond the table */
	_Atomic uint64_t dsm_uncounted;     /* DSM segments beyond the table */
	_Atomic uint64_t slots_reclaimed;   /* slots of processes that died without giving them back */
	_Atomic uint32_t attached_slots;    /* live now; sizes the reserve */
	uint32_t trouble_reserved0;
	_Atomic uint64_t next_slot_order; /* the order of attaching and ending */
	_Atomic uint64_t swept_boottime_ns;
	uint64_t trouble_reserved1;

	/* 2304: the ring's producer side */
	_Atomic uint64_t ring_head; /* position of the next event; never wraps */
	_Atomic uint64_t ring_lost; /* events their writer knows to be lost */
	uint64_t ring_reserved[6];

	/* 2368 */
	uint64_t reserved[216];
} HeadroomSegment;

typedef enum HeadroomLeaseState
{
	HEADROOM_LEASE_NONE = 0,
	HEADROOM_LEASE_VALID = 1,
	HEADROOM_LEASE_EXPIRED = 2,
} HeadroomLeaseState;

/* --- slots --------------------------------------------------------------------------------------------------------- */

typedef enum HeadroomSlotState
{
	HEADROOM_SLOT_FREE = 0,     /* never used */
	HEADROOM_SLOT_CLAIMED = 1,  /* being filled in or emptied; the bits above the state are the pid that does it */
	HEADROOM_SLOT_LIVE = 2,     /* its process runs, or died and nobody has noticed yet */
	HEADROOM_SLOT_EXITED = 3,   /* given back by its process; the last values stay */
	HEADROOM_SLOT_RECLAIMED = 4 /* its process died without giving it back; the last values stay */
} HeadroomSlotState;

/* state and slot_generation change together, in one compare-and-swap of 8 bytes, so that nobody acts on a later tenant. */
#define HEADROOM_SLOT_STATE(state) ((state) & 7u)
#define HEADROOM_SLOT_CLAIMED_BY(pid) (HEADROOM_SLOT_CLAIMED | (uint32_t) (pid) << 3)
#define HEADROOM_SLOT_CLAIMER(state) ((int32_t) ((state) >> 3))

typedef struct HeadroomContext
{
	char name[HEADROOM_CONTEXT_NAME_BYTES]; /* cut to fit, always closed by a NUL */
	uint64_t bytes;
	uint64_t blocks;
} HeadroomContext;

/*
 * One process. A slot of a dead process keeps its values until it is used again, oldest first; slot_generation tells one
 * tenant from the next. A reader takes slot_generation before and after and drops what it read when the two differ.
 */
typedef struct HeadroomSlot
{
	/* 0: the fast path of its process; others read, and take charged_bytes once the process is dead */
	_Atomic int64_t allocated_bytes;    /* held now: usable bytes of malloc plus private anonymous maps */
	_Atomic int64_t peak_bytes;         /* watermark; the collector exchanges it */
	_Atomic int64_t charged_bytes;      /* added to the instance's total for this process: allocated and its reserve */
	_Atomic int64_t return_below_bytes; /* when allocated falls below this, reserve goes back */
	_Atomic int64_t lifetime_peak_bytes;
	uint64_t hot_reserved[3];

	/* 64: who */
	_Atomic uint32_t state;           /* HEADROOM_SLOT_STATE(state) is a HeadroomSlotState */
	_Atomic uint32_t slot_generation; /* raised for each tenant; 0 means never used */
	_Atomic int32_t pid;
	_Atomic uint32_t kind;      /* HeadroomKind */
	uint64_t start_ticks;       /* field 22 of /proc/PID/stat */
	_Atomic uint64_t order;     /* of attaching, then of ending: the lowest ended slot is used next */
	uint64_t attached_boottime_ns;
	_Atomic uint64_t ended_boottime_ns; /* when the end was noticed; means something in EXITED and RECLAIMED */
	_Atomic uint32_t identity_is_set; /* 1 when the extension has set the next three */
	_Atomic uint32_t database_oid;
	_Atomic uint32_t user_oid;
	_Atomic uint32_t is_superuser;

	/* 128: what it runs; statement_sequence is odd while the next six change */
	_Atomic uint64_t statement_sequence;
	_Atomic uint64_t statement_number; /* 1 for the first; names the last one when in_statement is 0 */
	_Atomic int64_t query_id;          /* Postgres's query identifier */
	_Atomic uint64_t statement_started_boottime_ns;
	_Atomic uint32_t query_id_is_set;
	_Atomic uint32_t in_statement;
	_Atomic uint64_t statement_base_bytes; /* allocated when the statement began */
	_Atomic int64_t dsm_bytes;             /* DSM this process made that still stands; not part of allocated_bytes */
	uint64_t statement_reserved;

	/* 192: what the guard did to it */
	_Atomic uint64_t denials;
	_Atomic uint64_t blocks;
	_Atomic uint64_t soft_denials;
	_Atomic uint64_t would_blocks;
	_Atomic uint64_t waivers;
	_Atomic uint64_t last_denial_boottime_ns;
	_Atomic uint64_t worker_denials; /* of its parallel workers whose ERROR it is about to report, in this statement */
	uint64_t done_reserved[1];

	/* 256: the statement in which each shadow limit was last counted as a would-block */
	_Atomic uint64_t shadow_counted_statement[HEADROOM_SHADOW_LIMITS];

	/* 320 */
	char kind_name[HEADROOM_KIND_NAME_BYTES]; /* what Postgres calls the kind: "client backend" */
	uint64_t kind_reserved[4];

	/* 384: the black box: its largest memory contexts; blackbox_sequence is odd while they change, 0 means never written */
	_Atomic uint64_t blackbox_sequence;
	uint64_t blackbox_boottime_ns;
	uint64_t blackbox_allocated_bytes; /* of the process at that moment */
	uint64_t blackbox_statement_number;
	uint32_t blackbox_count; /* contexts that follow, largest first */
	uint32_t blackbox_contexts_total; /* the process had */
	uint64_t blackbox_reserved[3];
	HeadroomContext blackbox[HEADROOM_BLACKBOX_CONTEXTS];

	/* 960 */
	uint64_t reserved[8];
} HeadroomSlot;

/* --- dynamic shared memory ----------------------------------------------------------------------------------------- */

typedef enum HeadroomDsmState
{
	HEADROOM_DSM_FREE = 0,
	HEADROOM_DSM_CLAIMED = 1, /* its writer fills it in or empties it */
	HEADROOM_DSM_LIVE = 2,
} HeadroomDsmState;

/* A POSIX shared memory object that was counted; released at shm_unlink, by whichever process does that. */
typedef struct HeadroomDsm
{
	_Atomic uint32_t state; /* HeadroomDsmState */
	uint32_t creator_slot;
	uint32_t creator_slot_generation; /* 0: the creator had no slot */
	uint32_t reserved;
	_Atomic int64_t bytes;
	char name[HEADROOM_DSM_NAME_BYTES];
} HeadroomDsm;

/* --- events -------------------------------------------------------------------------------------------------------- */

typedef enum HeadroomEventType
{
	HEADROOM_EVENT_DENIAL = 1,      /* an allocation was answered with NULL */
	HEADROOM_EVENT_WOULD_BLOCK = 2, /* the first request of a statement that a limit would have refused */
	HEADROOM_EVENT_BLOCK = 3,       /* outcome of denials: the statement ended in an ERROR */
	HEADROOM_EVENT_SOFT_DENIAL = 4, /* outcome of denials: the statement went on and ended well */
	HEADROOM_EVENT_FATAL = 5,       /* outcome of denials: the session ended */
	HEADROOM_EVENT_PANIC = 6,       /* outcome of denials: the server restarts */
	HEADROOM_EVENT_LEASE_EXPIRED = 7,
	HEADROOM_EVENT_LEASE_RENEWED = 8, /* a valid lease after none or an expired one */
	HEADROOM_EVENT_SWITCHED = 9,      /* SQL changed switch_mode; detail is the new mode */
} HeadroomEventType;

typedef enum HeadroomSource
{
	HEADROOM_SOURCE_MALLOC = 1,
	HEADROOM_SOURCE_MMAP = 2,
	HEADROOM_SOURCE_DSM = 3,
} HeadroomSource;

/* Which limit an event is about. Shadow limit n of HeadroomControl is HEADROOM_JUDGED_BY_SHADOW + n. */
#define HEADROOM_JUDGED_BY_NONE 0u
#define HEADROOM_JUDGED_BY_LIMIT 1u
#define HEADROOM_JUDGED_BY_SHADOW 2u

/*
 * The ring is lossy: writers never wait. The event at position p is in entry p & (ring_capacity - 1) and is whole when
 * sequence == 2 * p + 2 and checksum is headroom_event_checksum of the rest, both before and after the reader copied it.
 * sequence == 2 * p + 1 means it is being written. A higher sequence means that the event was overwritten: lost. A reader
 * that finds p unwritten below ring_head waits at most 1 s (its writer may be dead or have given up), then counts p as lost.
 * Writers that lap each other are told by the checksum.
 */
typedef struct HeadroomEvent
{
	_Atomic uint64_t sequence;
	_Atomic uint64_t checksum;
	_Atomic uint64_t payload[30]; /* a HeadroomEventPayload */
} HeadroomEvent;

typedef struct HeadroomEventPayload
{
	uint64_t boottime_ns;
	uint32_t type; /* HeadroomEventType */
	int32_t pid;
	uint32_t kind; /* HeadroomKind */
	uint32_t slot; /* index of the process's slot; means something when slot_generation is not 0 */
	uint32_t slot_generation;
	uint32_t source; /* HeadroomSource; 0 where no request is involved */
	uint64_t statement_number;
	int64_t query_id;
	uint32_t query_id_is_set;
	uint32_t in_statement;
	uint32_t judged_by; /* HEADROOM_JUDGED_BY_* */
	uint32_t mode;      /* HeadroomMode in effect */
	uint32_t database_oid;
	uint32_t user_oid;
	uint32_t identity_is_set; /* whether the two before mean something */
	uint32_t detail;          /* SQLSTATE as Postgres packs it for outcomes; the new mode for SWITCHED */
	uint64_t policy_generation;
	uint64_t limit_bytes;
	int64_t allocated_bytes; /* limited_bytes of the instance at that moment */
	int64_t process_allocated_bytes;
	uint64_t requested_bytes;
	uint64_t denials_in_statement; /* so far */
	char policy_id[HEADROOM_POLICY_ID_BYTES];
	uint64_t reserved[6];
} HeadroomEventPayload;

/* Over the sequence of the finished event and its 30 payload words; the collector computes the same in Java. */
static inline uint64_t
headroom_event_checksum(uint64_t sequence, const uint64_t payload[30])
{
	uint64_t hash = sequence;

	for (int i = 0; i < 30; i++)
	{
		hash = (hash ^ payload[i]) * UINT64_C(0x9E3779B97F4A7C15);
		hash ^= hash >> 32;
	}
	return hash;
}

/* --- named offsets ------------------------------------------------------------------------------------------------- */

/* Every field that somebody outside C reads: X(struct, field, offset in bytes, size in bytes). */
#define HEADROOM_FIELDS(X)                                                                                             \
	X(HeadroomSegment, magic, 0, 8)                                                                                    \
	X(HeadroomSegment, layout_version, 8, 4)                                                                           \
	X(HeadroomSegment, ready, 12, 4)                                                                                   \
	X(HeadroomSegment, total_bytes, 16, 8)                                                                             \
	X(HeadroomSegment, slot_offset, 24, 4)                                                                             \
	X(HeadroomSegment, slot_bytes, 28, 4)                                                                              \
	X(HeadroomSegment, slot_count, 32, 4)                                                                              \
	X(HeadroomSegment, dsm_offset, 36, 4)                                                                              \
	X(HeadroomSegment, dsm_bytes_each, 40, 4)                                                                          \
	X(HeadroomSegment, dsm_capacity, 44, 4)                                                                            \
	X(HeadroomSegment, ring_offset, 48, 4)                                                                             \
	X(HeadroomSegment, ring_bytes_each, 52, 4)                                                                         \
	X(HeadroomSegment, ring_capacity, 56, 4)                                                                           \
	X(HeadroomSegment, postmaster_pid, 60, 4)                                                                          \
	X(HeadroomSegment, postmaster_start_ticks, 64, 8)                                                                  \
	X(HeadroomSegment, created_boottime_ns, 72, 8)                                                                     \
	X(HeadroomSegment, server_version_num, 80, 4)                                                                      \
	X(HeadroomSegment, blockable_kinds, 84, 4)                                                                         \
	X(HeadroomSegment, facts_are_set, 128, 4)                                                                          \
	X(HeadroomSegment, max_connections, 132, 4)                                                                        \
	X(HeadroomSegment, shared_buffers_bytes, 136, 8)                                                                   \
	X(HeadroomSegment, shared_memory_bytes, 144, 8)                                                                    \
	X(HeadroomSegment, huge_page_bytes, 152, 8)                                                                        \
	X(HeadroomSegment, huge_pages_in_use, 160, 4)                                                                      \
	X(HeadroomSegment, max_worker_processes, 164, 4)                                                                   \
	X(HeadroomSegment, autovacuum_max_workers, 168, 4)                                                                 \
	X(HeadroomSegment, max_wal_senders, 172, 4)                                                                        \
	X(HeadroomSegment, work_mem_bytes, 176, 8)                                                                         \
	X(HeadroomSegment, maintenance_work_mem_bytes, 184, 8)                                                             \
	X(HeadroomSegment, switch_mode, 192, 4)                                                                            \
	X(HeadroomSegment, lease_state, 196, 4)                                                                            \
	X(HeadroomSegment, control_generation, 256, 8)                                                                     \
	X(HeadroomSegment, control_writer_until_boottime_ns, 264, 8)                                                       \
	X(HeadroomSegment, control, 320, 1664)                                                                             \
	X(HeadroomSegment, limited_bytes, 1984, 8)                                                                         \
	X(HeadroomSegment, limited_peak_bytes, 1992, 8)                                                                    \
	X(HeadroomSegment, others_bytes, 2048, 8)                                                                          \
	X(HeadroomSegment, dsm_bytes, 2112, 8)                                                                             \
	X(HeadroomSegment, dsm_peak_bytes, 2120, 8)                                                                        \
	X(HeadroomSegment, denials, 2176, 8)                                                                               \
	X(HeadroomSegment, blocks, 2184, 8)                                                                                \
	X(HeadroomSegment, would_blocks, 2192, 8)                                                                          \
	X(HeadroomSegment, soft_denials, 2200, 8)                                                                          \
	X(HeadroomSegment, fatals, 2208, 8)                                                                                \
	X(HeadroomSegment, panics, 2216, 8)                                                                                \
	X(HeadroomSegment, waivers, 2224, 8)                                                                               \
	X(HeadroomSegment, breaches, 2232, 8)                                                                              \
	X(HeadroomSegment, slots_exhausted, 2240, 8)                                                                       \
	X(HeadroomSegment, regions_uncounted, 2248, 8)                                                                     \
	X(HeadroomSegment, dsm_uncounted, 2256, 8)                                                                         \
	X(HeadroomSegment, slots_reclaimed, 2264, 8)                                                                       \
	X(HeadroomSegment, attached_slots, 2272, 4)                                                                        \
	X(HeadroomSegment, next_slot_order, 2280, 8)                                                                       \
	X(HeadroomSegment, swept_boottime_ns, 2288, 8)                                                                     \
	X(HeadroomSegment, ring_head, 2304, 8)                                                                             \
	X(HeadroomSegment, ring_lost, 2312, 8)                                                                             \
	X(HeadroomControl, mode, 0, 4)                                                                                     \
	X(HeadroomControl, lease_is_set, 4, 4)                                                                             \
	X(HeadroomControl, lease_expires_boottime_ns, 8, 8)                                                                \
	X(HeadroomControl, fallback, 16, 4)                                                                                \
	X(HeadroomControl, blame, 20, 4)                                                                                   \
	X(HeadroomControl, soft_line_percent, 24, 4)                                                                       \
	X(HeadroomControl, exempt_superusers, 28, 4)                                                                       \
	X(HeadroomControl, limit, 32, 88)                                                                                  \
	X(HeadroomControl, shadow, 120, 704)                                                                               \
	X(HeadroomLimit, is_set, 0, 4)                                                                                     \
	X(HeadroomLimit, limit_bytes, 8, 8)                                                                                \
	X(HeadroomLimit, policy_generation, 16, 8)                                                                         \
	X(HeadroomLimit, policy_id, 24, 64)                                                                                \
	X(HeadroomSlot, allocated_bytes, 0, 8)                                                                             \
	X(HeadroomSlot, peak_bytes, 8, 8)                                                                                  \
	X(HeadroomSlot, charged_bytes, 16, 8)                                                                              \
	X(HeadroomSlot, return_below_bytes, 24, 8)                                                                         \
	X(HeadroomSlot, lifetime_peak_bytes, 32, 8)                                                                        \
	X(HeadroomSlot, state, 64, 4)                                                                                      \
	X(HeadroomSlot, slot_generation, 68, 4)                                                                            \
	X(HeadroomSlot, pid, 72, 4)                                                                                        \
	X(HeadroomSlot, kind, 76, 4)                                                                                       \
	X(HeadroomSlot, start_ticks, 80, 8)                                                                                \
	X(HeadroomSlot, order, 88, 8)                                                                                      \
	X(HeadroomSlot, attached_boottime_ns, 96, 8)                                                                       \
	X(HeadroomSlot, ended_boottime_ns, 104, 8)                                                                         \
	X(HeadroomSlot, identity_is_set, 112, 4)                                                                           \
	X(HeadroomSlot, database_oid, 116, 4)                                                                              \
	X(HeadroomSlot, user_oid, 120, 4)                                                                                  \
	X(HeadroomSlot, is_superuser, 124, 4)                                                                              \
	X(HeadroomSlot, statement_sequence, 128, 8)                                                                        \
	X(HeadroomSlot, statement_number, 136, 8)                                                                          \
	X(HeadroomSlot, query_id, 144, 8)                                                                                  \
	X(HeadroomSlot, statement_started_boottime_ns, 152, 8)                                                             \
	X(HeadroomSlot, query_id_is_set, 160, 4)                                                                           \
	X(HeadroomSlot, in_statement, 164, 4)                                                                              \
	X(HeadroomSlot, statement_base_bytes, 168, 8)                                                                      \
	X(HeadroomSlot, dsm_bytes, 176, 8)                                                                                 \
	X(HeadroomSlot, denials, 192, 8)                                                                                   \
	X(HeadroomSlot, blocks, 200, 8)                                                                                    \
	X(HeadroomSlot, soft_denials, 208, 8)                                                                              \
	X(HeadroomSlot, would_blocks, 216, 8)                                                                              \
	X(HeadroomSlot, waivers, 224, 8)                                                                                   \
	X(HeadroomSlot, last_denial_boottime_ns, 232, 8)                                                                   \
	X(HeadroomSlot, shadow_counted_statement, 256, 64)                                                                 \
	X(HeadroomSlot, kind_name, 320, 32)                                                                                \
	X(HeadroomSlot, blackbox_sequence, 384, 8)                                                                         \
	X(HeadroomSlot, blackbox_boottime_ns, 392, 8)                                                                      \
	X(HeadroomSlot, blackbox_allocated_bytes, 400, 8)                                                                  \
	X(HeadroomSlot, blackbox_statement_number, 408, 8)                                                                 \
	X(HeadroomSlot, blackbox_count, 416, 4)                                                                            \
	X(HeadroomSlot, blackbox_contexts_total, 420, 4)                                                                   \
	X(HeadroomSlot, blackbox, 448, 512)                                                                                \
	X(HeadroomContext, name, 0, 48)                                                                                    \
	X(HeadroomContext, bytes, 48, 8)                                                                                   \
	X(HeadroomContext, blocks, 56, 8)                                                                                  \
	X(HeadroomDsm, state, 0, 4)                                                                                        \
	X(HeadroomDsm, creator_slot, 4, 4)                                                                                 \
	X(HeadroomDsm, creator_slot_generation, 8, 4)                                                                      \
	X(HeadroomDsm, bytes, 16, 8)                                                                                       \
	X(HeadroomDsm, name, 24, 40)                                                                                       \
	X(HeadroomEvent, sequence, 0, 8)                                                                                   \
	X(HeadroomEvent, checksum, 8, 8)                                                                                   \
	X(HeadroomEvent, payload, 16, 240)                                                                                 \
	X(HeadroomEventPayload, boottime_ns, 0, 8)                                                                         \
	X(HeadroomEventPayload, type, 8, 4)                                                                                \
	X(HeadroomEventPayload, pid, 12, 4)                                                                                \
	X(HeadroomEventPayload, kind, 16, 4)                                                                               \
	X(HeadroomEventPayload, slot, 20, 4)                                                                               \
	X(HeadroomEventPayload, slot_generation, 24, 4)                                                                    \
	X(HeadroomEventPayload, source, 28, 4)                                                                             \
	X(HeadroomEventPayload, statement_number, 32, 8)                                                                   \
	X(HeadroomEventPayload, query_id, 40, 8)                                                                           \
	X(HeadroomEventPayload, query_id_is_set, 48, 4)                                                                    \
	X(HeadroomEventPayload, in_statement, 52, 4)                                                                       \
	X(HeadroomEventPayload, judged_by, 56, 4)                                                                          \
	X(HeadroomEventPayload, mode, 60, 4)                                                                               \
	X(HeadroomEventPayload, database_oid, 64, 4)                                                                       \
	X(HeadroomEventPayload, user_oid, 68, 4)                                                                           \
	X(HeadroomEventPayload, identity_is_set, 72, 4)                                                                    \
	X(HeadroomEventPayload, detail, 76, 4)                                                                             \
	X(HeadroomEventPayload, policy_generation, 80, 8)                                                                  \
	X(HeadroomEventPayload, limit_bytes, 88, 8)                                                                        \
	X(HeadroomEventPayload, allocated_bytes, 96, 8)                                                                    \
	X(HeadroomEventPayload, process_allocated_bytes, 104, 8)                                                           \
	X(HeadroomEventPayload, requested_bytes, 112, 8)                                                                   \
	X(HeadroomEventPayload, denials_in_statement, 120, 8)                                                              \
	X(HeadroomEventPayload, policy_id, 128, 64)

/* X(struct, size in bytes) */
#define HEADROOM_STRUCTS(X)                                                                                            \
	X(HeadroomSegment, 4096)                                                                                           \
	X(HeadroomControl, 832)                                                                                            \
	X(HeadroomLimit, 88)                                                                                               \
	X(HeadroomSlot, 1024)                                                                                              \
	X(HeadroomContext, 64)                                                                                             \
	X(HeadroomDsm, 64)                                                                                                 \
	X(HeadroomEvent, 256)                                                                                              \
	X(HeadroomEventPayload, 240)

#define HEADROOM_ASSERT_FIELD(type, field, offset, size)                                                               \
	_Static_assert(offsetof(type, field) == (offset) && sizeof(((type *) 0)->field) == (size), #type "." #field);
#define HEADROOM_ASSERT_STRUCT(type, size) _Static_assert(sizeof(type) == (size), #type);

HEADROOM_FIELDS(HEADROOM_ASSERT_FIELD)
HEADROOM_STRUCTS(HEADROOM_ASSERT_STRUCT)
_Static_assert(ATOMIC_LLONG_LOCK_FREE == 2 && ATOMIC_INT_LOCK_FREE == 2, "shared atomics must be lock-free");

#endif
