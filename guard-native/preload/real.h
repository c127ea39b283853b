/*
 * real.h: the functions behind the interposed ones: whatever the dynamic linker finds next, glibc's or a preloaded allocator's.
 */
#ifndef HEADROOM_REAL_H
#define HEADROOM_REAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "process.h"

#define HEADROOM_EXPORT __attribute__((visibility("default")))

/* Before the dynamic linker has been asked, the first four resolve everything and then do what was asked for. */
typedef struct HeadroomReal
{
	void *(*malloc)(size_t size);
	void *(*calloc)(size_t count, size_t size);
	void *(*realloc)(void *pointer, size_t size);
	void (*free)(void *pointer);
	void *(*memalign)(size_t alignment, size_t size);
	void *(*aligned_alloc)(size_t alignment, size_t size);
	int (*posix_memalign)(void **pointer, size_t alignment, size_t size);
	size_t (*usable_size)(void *pointer);
	void *(*mmap)(void *address, size_t length, int protection, int flags, int fd, off_t offset);
	int (*munmap)(void *address, size_t length);
	void *(*mremap)(void *address, size_t old_length, size_t new_length, int flags, ...);
	int (*posix_fallocate)(int fd, off_t offset, off_t length);
	int (*shm_unlink)(const char *name);
	size_t (*nallocx)(size_t size, int flags);                /* jemalloc's, else NULL: the usable size of a request */
	void (*sdallocx)(void *pointer, size_t size, int flags);  /* jemalloc's, else NULL: a free that need not look up the size */
	bool has_glibc_headers;    /* usable sizes can be read where glibc's malloc keeps them */
	bool has_size_classes;     /* headroom_size_classes holds */
	uintptr_t allocator_begin; /* the code of the allocator: its own maps are counted as what it hands out */
	uintptr_t allocator_end;
} HeadroomReal;

extern HEADROOM_HIDDEN HeadroomReal headroom_real;

void headroom_resolve(void);

/* The buffer that serves while the dynamic linker is being asked. Nothing in it is ever freed. */
extern char headroom_bootstrap[];
#define HEADROOM_BOOTSTRAP_BYTES ((size_t) 64 * 1024)

static inline bool
headroom_is_bootstrap(const void *pointer)
{
	return (uintptr_t) pointer - (uintptr_t) headroom_bootstrap < HEADROOM_BOOTSTRAP_BYTES;
}

/*
 * What the allocator set aside for the pointer. Asking costs as much as allocating does, so glibc's chunk header is read
 * directly where a check at the start has shown that this gives the same answers.
 */
static inline size_t
headroom_usable_size(void *pointer)
{
#if defined(__x86_64__) || defined(__aarch64__)
	if (__builtin_expect(headroom_real.has_glibc_headers, 1))
	{
		size_t header = ((const size_t *) pointer)[-1];

		return (header & ~(size_t) 7) - ((header & 2) != 0 ? 2 * sizeof(size_t) : sizeof(size_t));
	}
#endif
	return headroom_real.usable_size(pointer);
}

/* jemalloc's usable sizes of requests up to HEADROOM_SMALL_BYTES, by their size in steps of 8 bytes. */
#define HEADROOM_SMALL_BYTES ((size_t) 32768)
extern uint16_t headroom_size_classes[HEADROOM_SMALL_BYTES / 8 + 1];

/* The same for what malloc(size) has just returned. */
static inline size_t
headroom_usable_size_of(void *pointer, size_t size)
{
	if (headroom_real.has_size_classes && size <= HEADROOM_SMALL_BYTES)
		return headroom_size_classes[(size + 7) / 8];
	return headroom_usable_size(pointer);
}

/* Whether anything was ever served from it. */
bool headroom_bootstrap_was_used(void);

/* host.c */
void headroom_find_host(void);

/* counters.c: in the main thread, when the program is a Postgres. */
void headroom_find_counters(void);

#endif
