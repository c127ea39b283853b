/*
 * headroom_guard.h: what the preload library offers to the extension.
 *
 * The library exports one function, headroom_guard_api. The extension never links against it; it asks the dynamic linker:
 *
 *     HeadroomGuardApiFunction find = (HeadroomGuardApiFunction) dlsym(RTLD_DEFAULT, HEADROOM_GUARD_API_SYMBOL);
 *     const HeadroomGuardApi *guard = find ? find(HEADROOM_GUARD_API_VERSION) : NULL;
 *
 * find == NULL: the library is not preloaded. guard == NULL: it is another version. In both cases the extension loads
 * passively and says so in a WARNING.
 *
 * Nothing here allocates, locks, or throws. Unless it says otherwise a function may be called at any time in any process,
 * also without a segment: it then does nothing. State belongs to the calling process; a forked child starts from none.
 */
#ifndef HEADROOM_GUARD_H
#define HEADROOM_GUARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "headroom_segment.h"

#define HEADROOM_GUARD_API_VERSION 1u
#define HEADROOM_GUARD_API_SYMBOL "headroom_guard_api"

/* How large a segment to make and what is fixed for its life. */
typedef struct HeadroomSetup
{
	uint32_t server_version_num;
	uint32_t slot_count;      /* every process that can live at once, and some: dead ones keep their values longer */
	uint32_t ring_capacity;   /* events; rounded up to a power of two */
	uint32_t dsm_capacity;    /* objects; rounded up to a power of two */
	uint32_t blockable_kinds; /* HEADROOM_KIND_BIT each; bits outside HEADROOM_BLOCKABLE_POSSIBLE are dropped */
	uint32_t switch_mode;     /* HeadroomMode */
	HeadroomControl control;  /* the first one: what holds until a collector publishes */
} HeadroomSetup;

typedef struct HeadroomFacts
{
	uint32_t max_connections;
	uint32_t max_worker_processes;
	uint32_t autovacuum_max_workers;
	uint32_t max_wal_senders;
	uint64_t shared_buffers_bytes;
	uint64_t shared_memory_bytes;
	uint64_t huge_page_bytes;
	uint64_t work_mem_bytes;
	uint64_t maintenance_work_mem_bytes;
	bool huge_pages_in_use;
} HeadroomFacts;

/* The settings the server owns in HeadroomControl. */
typedef struct HeadroomSettings
{
	uint32_t fallback;
	uint32_t blame;
	uint32_t soft_line_percent;
	uint32_t exempt_superusers;
} HeadroomSettings;

/* What the last denial of this statement was about, for an error's detail and hint. */
typedef struct HeadroomDenial
{
	uint64_t denials; /* in this statement; 0: none, and the rest means nothing */
	uint64_t boottime_ns;
	uint64_t requested_bytes;
	uint64_t limit_bytes;
	int64_t allocated_bytes; /* of the instance */
	int64_t process_allocated_bytes;
	uint64_t policy_generation;
	uint32_t source; /* HeadroomSource */
	uint32_t blame;  /* HeadroomBlame in force */
	char policy_id[HEADROOM_POLICY_ID_BYTES];
} HeadroomDenial;

/* How a statement ended after a denial. */
typedef enum HeadroomOutcome
{
	HEADROOM_OUTCOME_ERROR = 1,
	HEADROOM_OUTCOME_FATAL = 2,
	HEADROOM_OUTCOME_PANIC = 3,
} HeadroomOutcome;

typedef enum HeadroomRead
{
	HEADROOM_READ_WHOLE = 0,
	HEADROOM_READ_PENDING = 1, /* not written yet, or being written */
	HEADROOM_READ_LOST = 2,    /* overwritten, or torn by a writer that was lapped */
} HeadroomRead;

/*
 * Called in the main thread, from inside an allocation or a refusal, at the first denial of a statement and whenever the
 * process passes another eighth of the limit. It may read; allocations it makes are counted and never refused, and it is
 * not called again while it runs. It answers through blackbox_write.
 */
typedef void (*HeadroomBlackboxCallback)(void);

typedef struct HeadroomGuardApi
{
	uint32_t version; /* HEADROOM_GUARD_API_VERSION */
	uint32_t bytes;   /* of this struct, so that later versions can only add */

	/* Postmaster, while it loads its libraries. 0, or an errno: EEXIST when there is a segment already, EINVAL for a setup
	 * that makes none. On failure nothing has changed and the guard goes on for this process only. */
	int (*create_segment)(const HeadroomSetup *setup);

	/* Postmaster (or a single-user server), once shared memory stands. */
	void (*set_facts)(const HeadroomFacts *facts);

	/* The segment, or NULL while there is none. */
	HeadroomSegment *(*segment)(void);

	/* This process's slot, or NULL while it has none; attaches when it can. */
	HeadroomSlot *(*slot)(void);

	/* Publishes the server's settings and leaves the collector's fields as they are. False: another writer was at it for
	 * more than 2 s. */
	bool (*publish_settings)(const HeadroomSettings *settings);

	/* Publishes a whole control, for servers without a collector. The same result. */
	bool (*publish_control)(const HeadroomControl *control);

	/* What SQL allows at most; reports the change as an event. */
	void (*set_switch)(HeadroomMode mode);

	/* Mode after switch, lease and fallback; OFF without a segment. */
	HeadroomMode (*effective_mode)(void);

	/* --- statements --- */

	/* A nested begin counts depth only. The outermost one starts statement number N + 1 and forgets the denials of N. */
	void (*statement_begin)(void);
	/* The outermost end closes the statement: denials without an outcome become a SOFT_DENIAL event, and the reserve goes
	 * back. An end without a begin does nothing. */
	void (*statement_end)(void);
	/* The depth is 0 again, whatever it was: after an ERROR unwound the stack. Closes like the outermost end. */
	void (*statement_reset)(void);
	uint32_t (*statement_depth)(void);
	/* For a caller that catches errors on the way: back to a depth taken before. */
	void (*statement_set_depth)(uint32_t depth);
	void (*set_query_id)(int64_t query_id);

	/* Nothing is refused between begin and end: abort, and commit's last stretch. Nests; statement_reset clears it. */
	void (*unsafe_begin)(void);
	void (*unsafe_end)(void);

	/* Nothing is refused from here on. */
	void (*process_exiting)(void);

	void (*set_identity)(uint32_t database_oid, uint32_t user_oid, bool is_superuser);
	/* The current user's right, which may change within a session. */
	void (*set_superuser)(bool is_superuser);

	/* --- outcomes and forensics --- */

	/* An ERROR, FATAL or PANIC about memory ends this statement. Becomes one BLOCK, FATAL or PANIC event of this statement when it
	 * had denials; otherwise nothing. Returns whether it did. */
	bool (*outcome)(HeadroomOutcome outcome, uint32_t sqlstate);
	void (*last_denial)(HeadroomDenial *denial);

	/* Holds for children forked later too. */
	void (*set_blackbox_callback)(HeadroomBlackboxCallback callback);
	/* Stores up to HEADROOM_BLACKBOX_CONTEXTS contexts, largest first, into this process's slot. */
	void (*blackbox_write)(const HeadroomContext *contexts, uint32_t count, uint32_t contexts_total);

	/* The event at a position below ring_head. */
	HeadroomRead (*read_event)(uint64_t position, HeadroomEventPayload *event);

	/* In a parallel worker instead of outcome: its ERROR is its leader's to report, and counts once, there. */
	void (*outcome_to_leader)(int32_t leader_pid);
} HeadroomGuardApi;

typedef const HeadroomGuardApi *(*HeadroomGuardApiFunction)(uint32_t version);

#endif
