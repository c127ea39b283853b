/*
 * process.c: what this process is: its pages, its threads, its kind, and whether it can be refused.
 */
#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "shared.h"

HeadroomProcessPages headroom_process_pages __attribute__((aligned(4096)));
HeadroomHost headroom_host;
HeadroomSegment *_Atomic headroom_segment;
HeadroomBlackboxCallback headroom_blackbox;
_Thread_local char headroom_thread;
_Thread_local HeadroomCounters headroom_counters;

/* Postgres's own words for its kinds, the same in every version; anything else that has a name is auxiliary. */
static const struct
{
	const char *name;
	HeadroomKind kind;
} kinds[] = {
	{"client backend", HEADROOM_KIND_CLIENT_BACKEND},
	{"background worker", HEADROOM_KIND_BACKGROUND_WORKER},
	{"autovacuum worker", HEADROOM_KIND_AUTOVACUUM_WORKER},
	{"autovacuum launcher", HEADROOM_KIND_AUTOVACUUM_LAUNCHER},
	{"walsender", HEADROOM_KIND_WALSENDER},
	{"archiver", HEADROOM_KIND_AUXILIARY},
	{"background writer", HEADROOM_KIND_AUXILIARY},
	{"checkpointer", HEADROOM_KIND_AUXILIARY},
	{"logger", HEADROOM_KIND_AUXILIARY},
	{"startup", HEADROOM_KIND_AUXILIARY},
	{"walreceiver", HEADROOM_KIND_AUXILIARY},
	{"walwriter", HEADROOM_KIND_AUXILIARY},
	{"walsummarizer", HEADROOM_KIND_AUXILIARY},
	{"slotsync worker", HEADROOM_KIND_AUXILIARY},
	{"io worker", HEADROOM_KIND_AUXILIARY},
	{"stats collector", HEADROOM_KIND_AUXILIARY},
	{"dead-end client backend", HEADROOM_KIND_AUXILIARY},
};

/* For kernels without MADV_WIPEONFORK. */
static void
wipe_in_child(void)
{
	memset((void *) &headroom_process_pages, 0, sizeof headroom_process_pages);
}

void
headroom_process_start(void)
{
	static bool started;

	if (started)
		return;
	started = true;
	headroom_process.main_thread = &headroom_thread;
	if (madvise(&headroom_process_pages, sizeof headroom_process_pages, MADV_WIPEONFORK) != 0)
		(void) pthread_atfork(NULL, NULL, wipe_in_child);
}

void
headroom_process_end(void)
{
	HeadroomProcess *process = &headroom_process;
	HeadroomSlot *slot = atomic_load_explicit(&process->slot, memory_order_relaxed);

	process->is_exiting = true;
	if (slot == NULL || slot == &process->own)
		return;
	headroom_sync();
	/* Frees still to come must not write into a slot that may soon be somebody else's. */
	atomic_store_explicit(&process->own.charged_bytes, INT64_MAX / 2, memory_order_relaxed);
	atomic_store_explicit(&process->slot, &process->own, memory_order_relaxed);
	headroom_slot_release(headroom_segment, slot);
}

bool
headroom_is_main_thread(void)
{
	/* A forked child has one thread, and whoever asks first in it is that one. */
	if (headroom_process.main_thread == NULL)
		headroom_process.main_thread = &headroom_thread;
	return headroom_process.main_thread == &headroom_thread;
}

HeadroomReasons
headroom_process_reasons(HeadroomSource source)
{
	const HeadroomHost *host = &headroom_host;
	const HeadroomProcess *process = &headroom_process;
	HeadroomReasons reasons = 0;

	if (!process->is_blockable)
		reasons |= HEADROOM_REASON_KIND;
	if (process->depth == 0)
		reasons |= HEADROOM_REASON_NO_STATEMENT;
	if (process->is_exiting)
		reasons |= HEADROOM_REASON_EXITING;
	if (process->unsafe_depth > 0)
		reasons |= HEADROOM_REASON_UNSAFE;
	if (process->is_superuser && process->control_is_set && process->control.exempt_superusers)
		reasons |= HEADROOM_REASON_SUPERUSER;
	if (!headroom_is_main_thread())
		reasons |= HEADROOM_REASON_THREAD;
	if (host->crit_section_count == NULL || host->interrupt_holdoff_count == NULL || host->exception_stack == NULL ||
		host->proc_exit_inprogress == NULL || host->in_error_recursion_trouble == NULL)
		return reasons | HEADROOM_REASON_SYMBOLS;

	if (*host->crit_section_count > 0)
		reasons |= HEADROOM_REASON_CRITICAL_SECTION;
	/* DSM is made under a lightweight lock, and there an ERROR is planned for. */
	if (*host->interrupt_holdoff_count > 0 && source != HEADROOM_SOURCE_DSM)
		reasons |= HEADROOM_REASON_INTERRUPTS_HELD;
	if (*host->exception_stack == NULL)
		reasons |= HEADROOM_REASON_NO_HANDLER;
	if (*host->proc_exit_inprogress)
		reasons |= HEADROOM_REASON_EXITING;
	if (host->in_error_recursion_trouble())
		reasons |= HEADROOM_REASON_ERROR_RECURSION;
	return reasons;
}

static HeadroomKind
kind_named(const char *name)
{
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
	{
		if (strcmp(kinds[i].name, name) == 0)
			return kinds[i].kind;
	}
	return HEADROOM_KIND_UNKNOWN;
}

void
headroom_process_classify(HeadroomSlot *slot)
{
	HeadroomProcess *process = &headroom_process;
	const HeadroomHost *host = &headroom_host;
	HeadroomSegment *segment = atomic_load_explicit(&headroom_segment, memory_order_acquire);
	HeadroomKind kind = HEADROOM_KIND_UNKNOWN;
	const char *name = "";
	bool was_blockable = process->is_blockable;
	int64_t charged;

	if (segment == NULL || host->backend_type == NULL || host->backend_type_name == NULL)
		return;
	if (process->type_is_known && process->type == *host->backend_type)
		return;
	process->type = *host->backend_type;
	process->type_is_known = true;
	if (segment->postmaster_pid == atomic_load_explicit(&slot->pid, memory_order_relaxed))
	{
		kind = HEADROOM_KIND_POSTMASTER;
		name = "postmaster";
	}
	else if (process->type != 0) /* B_INVALID in every version: not typed yet */
	{
		name = host->backend_type_name(process->type);
		kind = name == NULL ? HEADROOM_KIND_UNKNOWN : kind_named(name);
		if (kind == HEADROOM_KIND_BACKGROUND_WORKER && host->parallel_worker_number != NULL &&
			*host->parallel_worker_number >= 0)
			kind = HEADROOM_KIND_PARALLEL_WORKER;
	}
	/* A background worker learns later that it serves a parallel query. */
	if (kind == HEADROOM_KIND_BACKGROUND_WORKER)
		process->type_is_known = false;

	process->is_blockable = (segment->blockable_kinds & HEADROOM_KIND_BIT(kind)) != 0;
	if (name != NULL && slot != &process->own && strncmp(slot->kind_name, name, sizeof slot->kind_name) != 0)
	{
		strncpy(slot->kind_name, name, sizeof slot->kind_name - 1);
		slot->kind_name[sizeof slot->kind_name - 1] = '\0';
	}
	if (process->is_blockable != was_blockable && slot != &process->own)
	{
		charged = atomic_load_explicit(&slot->charged_bytes, memory_order_relaxed);
		headroom_total_add(segment, was_blockable, -charged);
		atomic_store_explicit(&slot->kind, (uint32_t) kind, memory_order_relaxed);
		headroom_total_add(segment, process->is_blockable, charged);
	}
	else
		atomic_store_explicit(&slot->kind, (uint32_t) kind, memory_order_relaxed);
}

uint64_t
headroom_boottime_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return (uint64_t) now.tv_sec * UINT64_C(1000000000) + (uint64_t) now.tv_nsec;
}

/* Field 22 of /proc/PID/stat, and the state letter; 0 when there is no such process. */
uint64_t
headroom_start_ticks(int pid, char *state)
{
	char path[32] = "/proc/";
	char text[1024];
	char digits[12];
	int count = 0;
	size_t at = 6;
	int saved_errno = errno;
	uint64_t ticks = 0;
	ssize_t length;
	char *field;
	int fd;

	do
	{
		digits[count++] = (char) ('0' + pid % 10);
		pid /= 10;
	} while (pid > 0);
	while (count > 0)
		path[at++] = digits[--count];
	memcpy(path + at, "/stat", sizeof "/stat");

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
	{
		errno = saved_errno;
		return 0;
	}
	length = read(fd, text, sizeof text - 1);
	close(fd);
	errno = saved_errno;
	if (length <= 0)
		return 0;
	text[length] = '\0';
	/* The name is in parentheses and may hold anything, so the fields are counted from the last one. */
	field = strrchr(text, ')');
	if (field == NULL || field[1] == '\0')
		return 0;
	if (state != NULL)
		*state = field[2];
	for (int skip = 0; skip < 20 && field != NULL; skip++)
		field = strchr(field + 1, ' ');
	while (field != NULL && field[1] >= '0' && field[1] <= '9')
		ticks = ticks * 10 + (uint64_t) (*++field - '0');
	return ticks;
}
