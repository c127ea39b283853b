/*
 * segment.c: makes the segment and fills in what is constant.
 *
 * It is a memfd: it has no name that could be left behind, it dies with the last process that maps it, and a collector with
 * the right to look at the postmaster finds it under /proc/<postmaster>/fd. Its pages are allocated at once and its size is
 * sealed, so that no later write to it can fail.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "judge.h"
#include "process.h"
#include "shared.h"

#define MOST_SLOTS 262144u
#define MOST_ENTRIES 65536u
#define LEAST_ENTRIES 16u

static uint32_t
power_of_two(uint32_t wanted)
{
	uint32_t power = LEAST_ENTRIES;

	while (power < wanted && power < MOST_ENTRIES)
		power *= 2;
	return power;
}

static int
make_memfd(size_t bytes, void **address)
{
	int fd = memfd_create(HEADROOM_MEMFD_NAME, MFD_CLOEXEC | MFD_ALLOW_SEALING);
	int result;

	if (fd < 0)
		return errno;
	result = ftruncate(fd, (off_t) bytes) == 0 ? 0 : errno;
	if (result == 0 && fallocate(fd, 0, 0, (off_t) bytes) != 0)
		result = errno;
	if (result == 0 && fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0)
		result = errno;
	if (result == 0)
	{
		*address = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
		if (*address == MAP_FAILED)
			result = errno;
	}
	/* The descriptor stays open: it is what the collector finds. */
	if (result != 0)
		close(fd);
	return result;
}

/* Takes over what this process counted for itself so far. */
static void
move_own_account(HeadroomSegment *segment)
{
	HeadroomProcess *process = &headroom_process;
	int64_t allocated;
	HeadroomSlot *slot;

	headroom_sync();
	allocated = atomic_load_explicit(&process->own.allocated_bytes, memory_order_relaxed);
	atomic_store_explicit(&process->slot, NULL, memory_order_relaxed);
	slot = headroom_slot_of_process();
	if (slot == NULL || slot == &process->own)
		return;
	headroom_process_classify(slot);
	if (allocated > 0)
	{
		headroom_total_add(segment, process->is_blockable, allocated);
		atomic_fetch_add_explicit(&slot->charged_bytes, allocated, memory_order_relaxed);
		headroom_add((size_t) allocated);
	}
	headroom_sync(); /* the stand-in covered everything */
}

int
headroom_segment_create(const HeadroomSetup *setup)
{
	uint32_t ring = power_of_two(setup->ring_capacity);
	uint32_t dsm = power_of_two(setup->dsm_capacity);
	HeadroomSegment *segment;
	size_t bytes;
	void *address = NULL;
	int result;

	if (atomic_load_explicit(&headroom_segment, memory_order_acquire) != NULL)
		return EEXIST;
	if (!headroom_host.is_postgres || setup->slot_count == 0 || setup->slot_count > MOST_SLOTS ||
		setup->switch_mode > HEADROOM_MODE_ENFORCE || setup->control.mode > HEADROOM_MODE_ENFORCE)
		return EINVAL;
	bytes = sizeof *segment + (size_t) setup->slot_count * sizeof(HeadroomSlot) + (size_t) dsm * sizeof(HeadroomDsm) +
			(size_t) ring * sizeof(HeadroomEvent);
	result = make_memfd(bytes, &address);
	if (result != 0 || address == NULL)
		return result;

	segment = address;
	segment->magic = HEADROOM_MAGIC;
	segment->layout_version = HEADROOM_LAYOUT_VERSION;
	segment->total_bytes = bytes;
	segment->slot_offset = sizeof *segment;
	segment->slot_bytes = sizeof(HeadroomSlot);
	segment->slot_count = setup->slot_count;
	segment->dsm_offset = segment->slot_offset + setup->slot_count * (uint32_t) sizeof(HeadroomSlot);
	segment->dsm_bytes_each = sizeof(HeadroomDsm);
	segment->dsm_capacity = dsm;
	segment->ring_offset = segment->dsm_offset + dsm * (uint32_t) sizeof(HeadroomDsm);
	segment->ring_bytes_each = sizeof(HeadroomEvent);
	segment->ring_capacity = ring;
	segment->postmaster_pid = getpid();
	segment->postmaster_start_ticks = headroom_start_ticks(getpid(), NULL);
	segment->created_boottime_ns = headroom_boottime_ns();
	segment->server_version_num = setup->server_version_num;
	segment->blockable_kinds = setup->blockable_kinds & HEADROOM_BLOCKABLE_POSSIBLE;
	atomic_store_explicit(&segment->switch_mode, setup->switch_mode, memory_order_relaxed);
	segment->control[0] = setup->control;
	atomic_store_explicit(&segment->ready, 1, memory_order_release);
	atomic_store_explicit(&headroom_segment, segment, memory_order_release);
	move_own_account(segment);
	return 0;
}

/*
 * Between the two halves of a charge a process can be killed, and then the total has bytes that no slot knows. After a crash
 * Postgres starts over with no children, which is the moment to make the totals what the slots say.
 */
void
headroom_segment_recount(HeadroomSegment *segment)
{
	int64_t limited = 0;
	int64_t others = 0;
	int64_t dsm = 0;
	uint32_t live = 0;

	(void) headroom_slot_sweep(segment, 0);
	for (uint32_t i = 0; i < segment->slot_count; i++)
	{
		HeadroomSlot *slot = headroom_slot_at(segment, i);
		uint32_t kind = atomic_load_explicit(&slot->kind, memory_order_relaxed);
		int64_t charged = atomic_load_explicit(&slot->charged_bytes, memory_order_relaxed);

		if (atomic_load_explicit(&slot->state, memory_order_acquire) != HEADROOM_SLOT_LIVE)
			continue;
		if (atomic_load_explicit(&slot->pid, memory_order_relaxed) != segment->postmaster_pid)
			return; /* somebody else may be charging right now */
		live++;
		if (segment->blockable_kinds & HEADROOM_KIND_BIT(kind))
			limited += charged;
		else
			others += charged;
	}
	for (uint32_t i = 0; i < segment->dsm_capacity; i++)
	{
		HeadroomDsm *entry = headroom_dsm_at(segment, i);

		if (atomic_load_explicit(&entry->state, memory_order_acquire) == HEADROOM_DSM_LIVE)
			dsm += atomic_load_explicit(&entry->bytes, memory_order_relaxed);
		else /* also what a killed process had half filled in */
			atomic_store_explicit(&entry->state, HEADROOM_DSM_FREE, memory_order_relaxed);
	}
	atomic_store_explicit(&segment->attached_slots, live, memory_order_relaxed);
	atomic_store_explicit(&segment->dsm_bytes, dsm, memory_order_relaxed);
	atomic_store_explicit(&segment->limited_bytes, limited + dsm, memory_order_relaxed);
	atomic_store_explicit(&segment->others_bytes, others, memory_order_relaxed);
}

void
headroom_segment_set_facts(const HeadroomFacts *facts)
{
	HeadroomSegment *segment = atomic_load_explicit(&headroom_segment, memory_order_acquire);

	if (segment == NULL)
		return;
	atomic_store_explicit(&segment->facts_are_set, 0, memory_order_relaxed);
	segment->max_connections = facts->max_connections;
	segment->max_worker_processes = facts->max_worker_processes;
	segment->autovacuum_max_workers = facts->autovacuum_max_workers;
	segment->max_wal_senders = facts->max_wal_senders;
	segment->shared_buffers_bytes = facts->shared_buffers_bytes;
	segment->shared_memory_bytes = facts->shared_memory_bytes;
	segment->huge_page_bytes = facts->huge_page_bytes;
	segment->huge_pages_in_use = facts->huge_pages_in_use ? 1 : 0;
	segment->work_mem_bytes = facts->work_mem_bytes;
	segment->maintenance_work_mem_bytes = facts->maintenance_work_mem_bytes;
	atomic_store_explicit(&segment->facts_are_set, 1, memory_order_release);
	if (getpid() == segment->postmaster_pid)
		headroom_segment_recount(segment);
}
