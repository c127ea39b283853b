/*
 * real.c: finds the real functions, and serves allocations while it does.
 *
 * The dynamic linker itself may allocate while it looks up a name (dlerror's text, calloc in older versions). Such a call comes
 * back here, and gets memory from a static buffer that is never given back.
 */
#include "real.h"

#include <dlfcn.h>
#include <link.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "process.h"

uint16_t headroom_size_classes[HEADROOM_SMALL_BYTES / 8 + 1];
char headroom_bootstrap[HEADROOM_BOOTSTRAP_BYTES] __attribute__((aligned(64)));
static _Atomic size_t bootstrap_used;
static _Atomic bool resolving;

static void *first_malloc(size_t size);
static void *first_calloc(size_t count, size_t size);
static void *first_realloc(void *pointer, size_t size);
static void first_free(void *pointer);

HeadroomReal headroom_real = {
	.malloc = first_malloc, .calloc = first_calloc, .realloc = first_realloc, .free = first_free};

static void *
bootstrap_allocate(size_t size)
{
	size_t bytes = (size + 31) & ~(size_t) 15;
	size_t at;

	if (size > HEADROOM_BOOTSTRAP_BYTES / 2)
		return NULL;
	at = atomic_fetch_add(&bootstrap_used, bytes);
	if (at + bytes > HEADROOM_BOOTSTRAP_BYTES)
		return NULL;
	memcpy(headroom_bootstrap + at, &size, sizeof size); /* for a realloc of it */
	return headroom_bootstrap + at + 16;
}

static void *
first_malloc(size_t size)
{
	headroom_resolve();
	return headroom_real.malloc != first_malloc ? headroom_real.malloc(size) : bootstrap_allocate(size);
}

static void *
first_calloc(size_t count, size_t size)
{
	headroom_resolve();
	if (headroom_real.calloc != first_calloc)
		return headroom_real.calloc(count, size);
	/* The buffer is zero and handed out once. */
	return size != 0 && count > HEADROOM_BOOTSTRAP_BYTES / size ? NULL : bootstrap_allocate(count * size);
}

static void *
first_realloc(void *pointer, size_t size)
{
	headroom_resolve();
	if (headroom_real.realloc != first_realloc)
		return headroom_real.realloc(pointer, size);
	return bootstrap_allocate(size); /* pointer is NULL: the buffer's own were sorted out before */
}

static void
first_free(void *pointer)
{
	headroom_resolve();
	if (headroom_real.free != first_free)
		headroom_real.free(pointer);
}

typedef struct CodeRange
{
	uintptr_t inside;
	uintptr_t begin;
	uintptr_t end;
} CodeRange;

static int
find_code(struct dl_phdr_info *object, size_t size, void *data)
{
	CodeRange *range = data;

	(void) size;
	for (int i = 0; i < object->dlpi_phnum; i++)
	{
		const ElfW(Phdr) *header = &object->dlpi_phdr[i];
		uintptr_t begin = object->dlpi_addr + header->p_vaddr;

		if (header->p_type == PT_LOAD && (header->p_flags & PF_X) != 0 && range->inside >= begin &&
			range->inside < begin + header->p_memsz)
		{
			range->begin = begin;
			range->end = begin + header->p_memsz;
			return 1;
		}
	}
	return 0;
}

/* Function pointers come out of dlsym as data pointers; POSIX says that they convert. */
#define FIND(name) (*(void **) &headroom_real.name = dlsym(RTLD_NEXT, #name))

#if defined(__x86_64__) || defined(__aarch64__)
static bool
header_holds(void *pointer)
{
	return pointer == NULL || headroom_usable_size(pointer) == headroom_real.usable_size(pointer);
}

/* Whether usable sizes can be read from chunk headers: the next malloc is glibc's, and it agrees on all kinds of chunks. */
static bool
glibc_headers_hold(void)
{
	static const size_t sizes[] = {1, 24, 25, 1000, 5000, 70000};
	Dl_info info;
	bool holds;

	if (dladdr(*(void **) &headroom_real.malloc, &info) == 0 || strstr(info.dli_fname, "/libc.so.6") == NULL)
		return false;
	headroom_real.has_glibc_headers = true;
	/* A chunk with a map of its own. It is never freed: that would raise the threshold from which glibc maps chunks. */
	holds = header_holds(headroom_real.malloc(200000));
	for (size_t i = 0; i < sizeof sizes / sizeof sizes[0] && holds; i++)
	{
		void *plain = headroom_real.malloc(sizes[i]);
		void *aligned = headroom_real.memalign(256, sizes[i]);

		holds = header_holds(plain) && header_holds(aligned);
		headroom_real.free(plain);
		headroom_real.free(aligned);
	}
	return holds;
}
#endif

/*
 * With jemalloc a small request's usable size follows from the request, and a free that is told the size is quicker by what asking
 * for the size has cost.
 */
static bool
find_size_classes(void)
{
	if (headroom_real.nallocx == NULL || headroom_real.sdallocx == NULL)
		return false;
	for (size_t size = 0; size <= HEADROOM_SMALL_BYTES; size += 8)
		headroom_size_classes[size / 8] = (uint16_t) headroom_real.nallocx(size == 0 ? 1 : size, 0);
	for (size_t size = 1; size <= HEADROOM_SMALL_BYTES; size = size * 3 / 2 + 5)
	{
		void *pointer = headroom_real.malloc(size);
		bool holds = pointer == NULL || headroom_real.usable_size(pointer) == headroom_size_classes[(size + 7) / 8];

		headroom_real.free(pointer);
		if (!holds)
			return false;
	}
	return true;
}

void
headroom_resolve(void)
{
	bool idle = false;
	CodeRange range = {0};

	if (headroom_likely(atomic_load_explicit(&resolving, memory_order_relaxed)) ||
		!atomic_compare_exchange_strong(&resolving, &idle, true))
		return;
	/* malloc and free first: from then on the dynamic linker's own needs are met by the real ones. */
	FIND(malloc);
	FIND(free);
	FIND(calloc);
	FIND(realloc);
	FIND(memalign);
	FIND(aligned_alloc);
	FIND(posix_memalign);
	FIND(mmap);
	FIND(munmap);
	FIND(mremap);
	FIND(posix_fallocate);
	FIND(shm_unlink);
	*(void **) &headroom_real.usable_size = dlsym(RTLD_NEXT, "malloc_usable_size");
	FIND(nallocx);
	FIND(sdallocx);
	headroom_real.has_size_classes = find_size_classes();
	range.inside = (uintptr_t) headroom_real.malloc;
	if (dl_iterate_phdr(find_code, &range) != 0)
	{
		headroom_real.allocator_begin = range.begin;
		headroom_real.allocator_end = range.end;
	}
#if defined(__x86_64__) || defined(__aarch64__)
	headroom_real.has_glibc_headers = glibc_headers_hold();
#endif
	if (headroom_real.usable_size != NULL)
		headroom_find_host();
}

bool
headroom_bootstrap_was_used(void)
{
	return atomic_load_explicit(&bootstrap_used, memory_order_relaxed) != 0;
}

__attribute__((constructor)) static void
start(void)
{
	headroom_resolve();
	headroom_process_start();
	if (headroom_host.is_postgres)
		headroom_find_counters();
}

__attribute__((destructor)) static void
end(void)
{
	headroom_process_end();
}
