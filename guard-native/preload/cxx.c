/*
 * cxx.c: C++'s operators new and delete. An allocator like jemalloc brings its own, which never call malloc; without these,
 * what LLVM's JIT compiler holds would not be counted.
 *
 * A failing operator new throws, and an exception that nobody catches ends the whole server (in LLVM it ends the session). So
 * these are counted and never refused. When the machine itself has no memory left, the C++ runtime's own operator says so.
 */
#include <dlfcn.h>
#include <malloc.h>
#include <stdlib.h>
#include <unistd.h>

#include "process.h"
#include "real.h"

typedef enum OnFailure
{
	THROWS,
	RETURNS_NULL,
} OnFailure;

/* Throws std::bad_alloc, or calls what the program installed, as the C++ runtime does it. */
static void *
fail(size_t size)
{
	static const char message[] = "headroom: out of memory, and no C++ runtime to say so\n";
	void *runtime = dlopen("libstdc++.so.6", RTLD_LAZY | RTLD_NOLOAD);
	void *(*operator_new)(size_t) = NULL;

	if (runtime != NULL)
		*(void **) &operator_new = dlsym(runtime, "_Znwm");
	if (operator_new != NULL)
		return operator_new(size);
	(void) !write(STDERR_FILENO, message, sizeof message - 1);
	abort();
}

static void *
allocate(size_t size, size_t alignment, OnFailure on_failure)
{
	size_t bytes = size == 0 ? 1 : size;
	void *pointer;

	if (alignment != 0)
		headroom_resolve();
	if (alignment == 0 && headroom_passes(bytes))
	{
		pointer = headroom_real.malloc(bytes);
		return pointer != NULL || on_failure == RETURNS_NULL ? pointer : fail(size);
	}
	if (headroom_host.is_postgres)
		(void) headroom_admit(bytes, HEADROOM_SOURCE_MALLOC, false);
	pointer = alignment == 0 ? headroom_real.malloc(bytes) : headroom_real.memalign(alignment, bytes);
	if (pointer == NULL)
		return on_failure == RETURNS_NULL ? NULL : fail(size);
	if (headroom_is_counted_by_allocator())
		headroom_counters_sync();
	else if (headroom_host.is_postgres)
		headroom_add(headroom_usable_size(pointer));
	return pointer;
}

#define OPERATOR_NEW(name, on_failure)                                                                                 \
	HEADROOM_EXPORT void *name(size_t size);                                                                           \
	void *name(size_t size)                                                                                            \
	{                                                                                                                  \
		return allocate(size, 0, on_failure);                                                                          \
	}
#define OPERATOR_NEW_NOTHROW(name)                                                                                     \
	HEADROOM_EXPORT void *name(size_t size, const void *nothrow);                                                      \
	void *name(size_t size, const void *nothrow)                                                                       \
	{                                                                                                                  \
		(void) nothrow;                                                                                                \
		return allocate(size, 0, RETURNS_NULL);                                                                        \
	}
#define OPERATOR_NEW_ALIGNED(name)                                                                                     \
	HEADROOM_EXPORT void *name(size_t size, size_t alignment);                                                         \
	void *name(size_t size, size_t alignment)                                                                          \
	{                                                                                                                  \
		return allocate(size, alignment, THROWS);                                                                      \
	}
#define OPERATOR_NEW_ALIGNED_NOTHROW(name)                                                                             \
	HEADROOM_EXPORT void *name(size_t size, size_t alignment, const void *nothrow);                                    \
	void *name(size_t size, size_t alignment, const void *nothrow)                                                     \
	{                                                                                                                  \
		(void) nothrow;                                                                                                \
		return allocate(size, alignment, RETURNS_NULL);                                                                \
	}
/* Whatever a delete is told besides the pointer, the allocator knows it already. */
#define OPERATOR_DELETE(name)                                                                                          \
	HEADROOM_EXPORT void name(void *pointer);                                                                          \
	void name(void *pointer)                                                                                           \
	{                                                                                                                  \
		free(pointer);                                                                                                 \
	}

/* Itanium ABI names: nw and na for new and new[], dl and da for delete and delete[], m size_t, RKSt9nothrow_t nothrow. */
OPERATOR_NEW(_Znwm, THROWS)
OPERATOR_NEW(_Znam, THROWS)
OPERATOR_NEW_NOTHROW(_ZnwmRKSt9nothrow_t)
OPERATOR_NEW_NOTHROW(_ZnamRKSt9nothrow_t)
OPERATOR_NEW_ALIGNED(_ZnwmSt11align_val_t)
OPERATOR_NEW_ALIGNED(_ZnamSt11align_val_t)
OPERATOR_NEW_ALIGNED_NOTHROW(_ZnwmSt11align_val_tRKSt9nothrow_t)
OPERATOR_NEW_ALIGNED_NOTHROW(_ZnamSt11align_val_tRKSt9nothrow_t)
OPERATOR_DELETE(_ZdlPv)
OPERATOR_DELETE(_ZdaPv)
OPERATOR_DELETE(_ZdlPvm)
OPERATOR_DELETE(_ZdaPvm)
OPERATOR_DELETE(_ZdlPvRKSt9nothrow_t)
OPERATOR_DELETE(_ZdaPvRKSt9nothrow_t)
OPERATOR_DELETE(_ZdlPvSt11align_val_t)
OPERATOR_DELETE(_ZdaPvSt11align_val_t)
OPERATOR_DELETE(_ZdlPvmSt11align_val_t)
OPERATOR_DELETE(_ZdaPvmSt11align_val_t)
OPERATOR_DELETE(_ZdlPvSt11align_val_tRKSt9nothrow_t)
OPERATOR_DELETE(_ZdaPvSt11align_val_tRKSt9nothrow_t)
