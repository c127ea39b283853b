/*
 * facts.c: tells the collector what a formula needs to know of this server, so that it needs no connection to ask.
 */
#include "compat.h"

#include "access/xlog.h"
#include "miscadmin.h"
#include "postmaster/autovacuum.h"
#include "postmaster/bgworker_internals.h"
#include "replication/walsender.h"
#include "storage/bufmgr.h"
#include "storage/fd.h"
#include "storage/ipc.h"
#include "storage/pg_shmem.h"
#include "storage/proc.h"
#include "utils/guc.h"

#include "headroom.h"

static shmem_startup_hook_type next_shmem_startup = NULL;

#if HEADROOM_HAS_HUGE_PAGES_STATUS
static bool
huge_pages_in_use(void)
{
	const char *status = GetConfigOption("huge_pages_status", true, false);

	return status != NULL && strcmp(status, "on") == 0;
}
#else
/* With huge_pages = try Postgres forgets how it ended; the kernel knows the page size behind an address. */
static bool
huge_pages_in_use(void)
{
	FILE *maps;
	char line[512];
	bool inside = false;
	bool huge = false;
	unsigned long wanted = (unsigned long) ProcGlobal;

	if (huge_pages != HUGE_PAGES_TRY)
		return huge_pages == HUGE_PAGES_ON;
	maps = AllocateFile("/proc/self/smaps", "r");
	if (maps == NULL)
		return false;
	while (!huge && fgets(line, sizeof line, maps) != NULL)
	{
		unsigned long start;
		unsigned long end;
		unsigned long kb;

		if (sscanf(line, "%lx-%lx ", &start, &end) == 2)
			inside = wanted >= start && wanted < end;
		else if (inside && sscanf(line, "KernelPageSize: %lu kB", &kb) == 1)
			huge = kb * 1024 > (unsigned long) sysconf(_SC_PAGESIZE);
	}
	FreeFile(maps);
	return huge;
}
#endif

static void
tell_facts(void)
{
	HeadroomFacts facts = {
		.max_connections = (uint32) MaxConnections,
		.max_worker_processes = (uint32) max_worker_processes,
		.autovacuum_max_workers = (uint32) autovacuum_max_workers,
		.max_wal_senders = (uint32) max_wal_senders,
		.shared_buffers_bytes = (uint64) NBuffers * BLCKSZ,
		.shared_memory_bytes = ((const PGShmemHeader *) UsedShmemSegAddr)->totalsize,
		.work_mem_bytes = (uint64) work_mem * 1024,
		.maintenance_work_mem_bytes = (uint64) maintenance_work_mem * 1024,
		.huge_pages_in_use = huge_pages_in_use(),
	};

	if (facts.huge_pages_in_use)
	{
		Size bytes;

		GetHugePageSize(&bytes, NULL);
		facts.huge_page_bytes = bytes;
	}
	headroom_guard->set_facts(&facts);
}

static void
on_shmem_startup(void)
{
	if (next_shmem_startup != NULL)
		next_shmem_startup();
	if (!IsUnderPostmaster)
		tell_facts();
}

void
headroom_install_facts_hook(void)
{
	next_shmem_startup = shmem_startup_hook;
	shmem_startup_hook = on_shmem_startup;
}
