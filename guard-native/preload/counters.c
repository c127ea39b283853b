/*
 * counters.c: whether the next allocator counts for itself. jemalloc does, since 5.3 with a call every 64 KiB; that call is among
 * its experimental features, and counters can be left out when it is built. So nothing is believed that was not seen to hold: where
 * one check fails, blocks are counted one by one.
 */
#include <dlfcn.h>
#include <string.h>

#include "process.h"
#include "real.h"

typedef int (*Mallctl)(const char *name, void *old, size_t *old_bytes, void *new, size_t new_bytes);

typedef struct ActivityCallback
{
	void (*function)(void *context, uint64_t allocated, uint64_t deallocated);
	void *context;
} ActivityCallback;

typedef struct Probe
{
	const volatile uint64_t *allocated;
	const volatile uint64_t *deallocated;
	int calls; /* that said what the counters say */
} Probe;

static void
on_probe(void *context, uint64_t allocated, uint64_t deallocated)
{
	Probe *probe = context;

	if (allocated == *probe->allocated && deallocated == *probe->deallocated)
		probe->calls++;
}

/* Another library may bring a mallctl that is not of the allocator in use. */
static bool
is_of_the_allocator(Mallctl mallctl)
{
	Dl_info allocator;
	Dl_info found;

	return dladdr(*(void **) &headroom_real.malloc, &allocator) != 0 && dladdr(*(void **) &mallctl, &found) != 0 &&
		   allocator.dli_fbase == found.dli_fbase;
}

static const volatile uint64_t *
counter(Mallctl mallctl, const char *name)
{
	uint64_t *address = NULL;
	size_t bytes = sizeof address;

	return mallctl(name, (void *) &address, &bytes, NULL, 0) == 0 && bytes == sizeof address ? address : NULL;
}

static bool
set_callback(Mallctl mallctl, ActivityCallback callback)
{
	return mallctl("experimental.thread.activity_callback", NULL, NULL, &callback, sizeof callback) == 0;
}

/* Whether a block of any kind moves the counters by its usable size, once when it comes and once when it goes. */
static bool
counters_hold(const Probe *probe)
{
	static const size_t sizes[] = {1, 24, 1000, 5000, 70000, 3000000};

	for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
	{
		uint64_t allocated = *probe->allocated;
		uint64_t deallocated = *probe->deallocated;
		void *blocks[4] = {headroom_real.malloc(sizes[i]), headroom_real.calloc(1, sizes[i]),
						   headroom_real.memalign(256, sizes[i]), headroom_real.realloc(NULL, sizes[i])};
		size_t usable = 0;
		size_t before;
		void *moved;

		for (size_t j = 0; j < 4; j++)
			usable += blocks[j] == NULL ? 0 : headroom_real.usable_size(blocks[j]);
		if (*probe->allocated - allocated != usable || *probe->deallocated != deallocated)
			return false;
		before = blocks[3] == NULL ? 0 : headroom_real.usable_size(blocks[3]);
		moved = headroom_real.realloc(blocks[3], sizes[i] * 2);
		if (moved == NULL)
			return false;
		usable += headroom_real.usable_size(moved) - before;
		blocks[3] = moved;
		if ((*probe->allocated - allocated) - (*probe->deallocated - deallocated) != usable)
			return false;
		for (size_t j = 0; j < 4; j++)
			headroom_real.free(blocks[j]);
		if (*probe->allocated - allocated != *probe->deallocated - deallocated)
			return false;
	}
	return true;
}

/* Whether the allocator calls before a large malloc and a large free return. */
static bool
calls_back(Probe *probe)
{
	void *block = headroom_real.malloc((size_t) 1 << 20);
	int calls = probe->calls;

	headroom_real.free(block);
	return block != NULL && calls == 1 && probe->calls == 2;
}

void
headroom_find_counters(void)
{
	Mallctl mallctl;
	Probe probe = {.calls = 0};

	*(void **) &mallctl = dlsym(RTLD_NEXT, "mallctl");
	/* What came from the bootstrap buffer must not reach the allocator's free, which nothing stands in front of then. */
	if (mallctl == NULL || headroom_bootstrap_was_used() || !is_of_the_allocator(mallctl))
		return;
	probe.allocated = counter(mallctl, "thread.allocatedp");
	probe.deallocated = counter(mallctl, "thread.deallocatedp");
	if (probe.allocated == NULL || probe.deallocated == NULL || !counters_hold(&probe) ||
		!set_callback(mallctl, (ActivityCallback) {.function = on_probe, .context = &probe}))
		return;
	if (calls_back(&probe) && set_callback(mallctl, (ActivityCallback) {.function = headroom_counters_moved}))
		headroom_counters_start(probe.allocated, probe.deallocated);
	else
		(void) set_callback(mallctl, (ActivityCallback) {.function = NULL});
}
