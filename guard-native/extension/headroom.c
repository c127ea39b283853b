/*
 * headroom.c: the extension's beginning.
 *
 * Load order. libheadroom_guard.so comes first of all, by LD_PRELOAD in the postmaster's environment, and counts from the first
 * malloc on. This library is loaded by shared_preload_libraries in the postmaster; it finds the guard with dlsym and has it
 * make the segment, before any child is forked. Without the guard, or beside another version of it, the extension is passive: it
 * says so in a WARNING and its views are empty. CREATE EXTENSION only makes the views; the guard works without it.
 *
 * Data flow. Hooks (statement.c) tell the guard of statements and their outcomes; the guard decides inside malloc, from
 * Postgres's own variables and what the hooks told. settings.c publishes the settings, facts.c the facts, both from the
 * postmaster into the segment. blackbox.c is called back from inside malloc. views.c reads the segment for SQL.
 *
 * Locking. There is none. The segment is written with atomics as its header says; everything static in here belongs to one
 * process, which has one thread that runs Postgres's code. A forked child starts from the postmaster's values, which are idle.
 */
#include "postgres.h"

#include <dlfcn.h>

#include "fmgr.h"

#include "compat.h"

#include "miscadmin.h"
#include "postmaster/autovacuum.h"
#include "postmaster/bgworker_internals.h"
#include "replication/walsender.h"
#include "storage/proc.h"

#include "headroom.h"

PG_MODULE_MAGIC;

const HeadroomGuardApi *headroom_guard = NULL;

/* NULL with a WARNING that says what to do. */
static const HeadroomGuardApi *
find_guard(void)
{
	HeadroomGuardApiFunction find = (HeadroomGuardApiFunction) dlsym(RTLD_DEFAULT, HEADROOM_GUARD_API_SYMBOL);
	const HeadroomGuardApi *guard;

	if (find == NULL)
	{
		ereport(WARNING, errmsg("headroom: libheadroom_guard.so is not preloaded, so nothing is counted and nothing refused"),
				errhint("Start Postgres with LD_PRELOAD=\"/path/to/libheadroom_guard.so libjemalloc.so.2\" in its environment."));
		return NULL;
	}
	guard = find(HEADROOM_GUARD_API_VERSION);
	if (guard == NULL || guard->bytes < sizeof(HeadroomGuardApi))
	{
		ereport(WARNING,
				errmsg("headroom: the preloaded libheadroom_guard.so is of another version, so nothing is refused"),
				errdetail("This extension speaks version %u of its interface.", HEADROOM_GUARD_API_VERSION),
				errhint("Install libheadroom_guard.so and headroom.so from the same build, then restart Postgres."));
		return NULL;
	}
	return guard;
}

/* Room for every process that can live at once, and half as much again so that the dead stay readable for a while. */
static uint32
slot_count(void)
{
	int most = MaxConnections + autovacuum_max_workers + 1 + max_worker_processes + max_wal_senders + NUM_AUXILIARY_PROCS + 1;

	return (uint32) (most + most / 2 + 32);
}

void
_PG_init(void)
{
	HeadroomSetup setup;
	int result;

	if (!process_shared_preload_libraries_in_progress)
	{
		ereport(WARNING, errmsg("headroom: loaded too late to guard this server"),
				errhint("Put headroom into shared_preload_libraries and restart Postgres."));
		return;
	}
	headroom_define_settings();
	headroom_guard = find_guard();
	if (headroom_guard == NULL)
		return;

	setup = (HeadroomSetup){
		.server_version_num = PG_VERSION_NUM,
		.slot_count = slot_count(),
		.ring_capacity = headroom_ring_capacity(),
		.dsm_capacity = slot_count() * 4,
		.blockable_kinds = headroom_blockable_kinds(),
		.switch_mode = headroom_switch(),
		.control = headroom_first_control(),
	};
	result = headroom_guard->create_segment(&setup);
	if (result != 0)
	{
		headroom_guard = NULL;
		errno = result;
		ereport(WARNING, errmsg("headroom: the guard could not make its segment, so nothing is refused: %m"),
				errhint("The segment needs about %u KiB of memory that a memfd can have; check the cgroup's limit and seccomp.",
						(unsigned) (slot_count() * (sizeof(HeadroomSlot) + 4 * sizeof(HeadroomDsm)) / 1024 +
									headroom_ring_capacity() * sizeof(HeadroomEvent) / 1024 + 4)));
		return;
	}
	headroom_publish_changes();
	if (headroom_computes_query_ids())
		EnableQueryId();
	headroom_guard->set_blackbox_callback(headroom_write_blackbox);
	headroom_install_facts_hook();
	headroom_install_statement_hooks();
}
