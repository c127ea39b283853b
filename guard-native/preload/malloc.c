/*
 * malloc.c: the malloc family. Each call is admitted, made by the real allocator, and counted with the size that is usable.
 * strdup, getline, fopen and the like of glibc call the malloc that the dynamic linker finds first, which is this one.
 *
 * Where the allocator counts for itself (core/counters.c), an allocation that the reserve covers and every free are only passed on:
 * eight instructions in front of malloc and four in front of free, with a jump into the allocator as their last.
 */
#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "process.h"
#include "real.h"

static inline bool
admit(size_t size, const void *caller)
{
	if (headroom_likely(headroom_admit(size, HEADROOM_SOURCE_MALLOC, headroom_can_fail(caller))))
		return true;
	errno = ENOMEM;
	return false;
}

static inline void *
counted(void *pointer)
{
	if (headroom_is_counted_by_allocator())
		headroom_counters_sync();
	else if (headroom_likely(pointer != NULL))
		headroom_add(headroom_usable_size(pointer));
	return pointer;
}

/* Out of line, so that the usual path saves no registers for it. */
static __attribute__((noinline)) void *
malloc_uncovered(size_t size, const void *caller)
{
	if (headroom_host.is_postgres)
		return admit(size, caller) ? counted(headroom_real.malloc(size)) : NULL;
	return headroom_real.malloc(size); /* which may find out that this is Postgres: its first allocation is not counted */
}

/* Counted here, block by block. Out of line too: what passes must not save registers for it. */
static __attribute__((noinline)) void *
malloc_each(size_t size, const void *caller)
{
	HeadroomSlot *slot = headroom_current_slot();
	void *pointer;

	if (headroom_unlikely(headroom_is_counted_by_allocator()) || headroom_unlikely(!headroom_is_covered(slot, size)))
		return malloc_uncovered(size, caller);
	pointer = headroom_real.malloc(size);
	if (headroom_likely(pointer != NULL))
		headroom_add_to(slot, headroom_usable_size_of(pointer, size));
	return pointer;
}

HEADROOM_EXPORT void *
malloc(size_t size)
{
	return headroom_passes(size) ? headroom_real.malloc(size) : malloc_each(size, __builtin_return_address(0));
}

HEADROOM_EXPORT void *
calloc(size_t count, size_t size)
{
	size_t bytes;

	if (headroom_unlikely(!headroom_host.is_postgres) || headroom_unlikely(__builtin_mul_overflow(count, size, &bytes)))
		return headroom_real.calloc(count, size);
	if (headroom_passes(bytes))
		return headroom_real.calloc(count, size);
	return headroom_likely(admit(bytes, __builtin_return_address(0))) ? counted(headroom_real.calloc(count, size)) : NULL;
}

static __attribute__((noinline)) void
free_each(void *pointer)
{
	HeadroomSlot *slot = headroom_current_slot();
	size_t bytes;

	if (headroom_unlikely(pointer == NULL) || headroom_unlikely(headroom_is_bootstrap(pointer)))
		return;
	if (headroom_unlikely(slot == NULL))
	{
		headroom_real.free(pointer);
		return;
	}
	bytes = headroom_usable_size(pointer);
	headroom_remove_from(slot, bytes);
	/* The last thing it does, so that nothing has to be kept for afterwards. */
	if (headroom_real.has_size_classes)
		headroom_real.sdallocx(pointer, bytes, 0);
	else
		headroom_real.free(pointer);
}

HEADROOM_EXPORT void
free(void *pointer)
{
	if (headroom_is_counted_by_allocator())
		headroom_real.free(pointer);
	else
		free_each(pointer);
}

/* Memory of the bootstrap buffer cannot grow in place. */
static void *
move_out_of_bootstrap(const char *pointer, size_t size)
{
	void *moved = malloc(size);
	size_t old_size;

	memcpy(&old_size, pointer - 16, sizeof old_size);
	if (moved != NULL)
		memcpy(moved, pointer, old_size < size ? old_size : size);
	return moved;
}

static void *
resize(void *pointer, size_t size, const void *caller)
{
	size_t before = 0;
	size_t after;
	void *moved;

	if (headroom_unlikely(headroom_is_bootstrap(pointer)))
		return move_out_of_bootstrap(pointer, size);
	if (headroom_unlikely(!headroom_host.is_postgres) || headroom_passes(size))
		return headroom_real.realloc(pointer, size);
	if (pointer != NULL)
		before = headroom_usable_size(pointer);
	if (size > before && !admit(size - before, caller))
		return NULL;
	moved = headroom_real.realloc(pointer, size);
	if (headroom_is_counted_by_allocator())
	{
		headroom_counters_sync();
		return moved;
	}
	/* A NULL leaves the old memory as it was, except that some allocators take a size of 0 as free. */
	if (moved == NULL && size != 0)
		return NULL;
	after = moved == NULL ? 0 : headroom_usable_size(moved);
	if (after > before)
		headroom_add(after - before);
	else
		headroom_remove(before - after);
	return moved;
}

HEADROOM_EXPORT void *
realloc(void *pointer, size_t size)
{
	return resize(pointer, size, __builtin_return_address(0));
}

HEADROOM_EXPORT void *
reallocarray(void *pointer, size_t count, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(count, size, &bytes))
	{
		errno = ENOMEM;
		return NULL;
	}
	return resize(pointer, bytes, __builtin_return_address(0));
}

static void *
align(size_t alignment, size_t size, const void *caller)
{
	headroom_resolve();
	if (!headroom_host.is_postgres)
		return headroom_real.memalign(alignment, size);
	return admit(size, caller) ? counted(headroom_real.memalign(alignment, size)) : NULL;
}

HEADROOM_EXPORT void *
memalign(size_t alignment, size_t size)
{
	return align(alignment, size, __builtin_return_address(0));
}

HEADROOM_EXPORT void *
aligned_alloc(size_t alignment, size_t size)
{
	headroom_resolve();
	if (!headroom_host.is_postgres)
		return headroom_real.aligned_alloc(alignment, size);
	return admit(size, __builtin_return_address(0)) ? counted(headroom_real.aligned_alloc(alignment, size)) : NULL;
}

HEADROOM_EXPORT int
posix_memalign(void **pointer, size_t alignment, size_t size)
{
	int result;

	headroom_resolve();
	if (!headroom_host.is_postgres)
		return headroom_real.posix_memalign(pointer, alignment, size);
	if (!headroom_admit(size, HEADROOM_SOURCE_MALLOC, headroom_can_fail(__builtin_return_address(0))))
		return ENOMEM; /* says it in its result and leaves errno alone */
	result = headroom_real.posix_memalign(pointer, alignment, size);
	if (result == 0)
		(void) counted(*pointer);
	return result;
}

/* The next two through memalign: not every allocator has them, and memory of one must not reach the free of another. */
HEADROOM_EXPORT void *
valloc(size_t size)
{
	return align((size_t) sysconf(_SC_PAGESIZE), size, __builtin_return_address(0));
}

HEADROOM_EXPORT void *
pvalloc(size_t size)
{
	size_t page = (size_t) sysconf(_SC_PAGESIZE);
	size_t bytes;

	if (__builtin_add_overflow(size, page - 1, &bytes))
	{
		errno = ENOMEM;
		return NULL;
	}
	return align(page, bytes / page * page, __builtin_return_address(0));
}
