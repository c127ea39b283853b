/*
 * map.c: private anonymous memory that a program maps itself. What the allocator maps is not counted here but where it is
 * handed out; it is told by the caller's address, which costs nothing on the allocator's own path. Maps without write
 * permission only reserve addresses and are not memory.
 */
#include <errno.h>
#include <stdarg.h>
#include <sys/mman.h>
#include <unistd.h>

#include "process.h"
#include "real.h"
#include "region.h"

static bool
is_counted_caller(const void *caller)
{
	uintptr_t address = (uintptr_t) caller;

	headroom_resolve();
	return headroom_host.is_postgres &&
		   (address < headroom_real.allocator_begin || address >= headroom_real.allocator_end);
}

static size_t
whole_pages(size_t bytes)
{
	size_t page = (size_t) sysconf(_SC_PAGESIZE);

	return (bytes + page - 1) / page * page;
}

static void *
map(void *address, size_t length, int protection, int flags, int fd, off_t offset, const void *caller)
{
	bool is_memory =
		(flags & MAP_TYPE) == MAP_PRIVATE && (flags & MAP_ANONYMOUS) != 0 && (protection & PROT_WRITE) != 0;
	void *mapped;

	if (!is_counted_caller(caller))
		return headroom_real.mmap(address, length, protection, flags, fd, offset);
	if (is_memory && !headroom_admit(whole_pages(length), HEADROOM_SOURCE_MMAP, headroom_can_fail(caller)))
	{
		errno = ENOMEM;
		return MAP_FAILED;
	}
	mapped = headroom_real.mmap(address, length, protection, flags, fd, offset);
	if (mapped == MAP_FAILED)
		return mapped;
	if ((flags & MAP_FIXED) != 0)
		(void) headroom_region_remove((uintptr_t) mapped, whole_pages(length));
	if (is_memory)
		headroom_region_add((uintptr_t) mapped, whole_pages(length));
	return mapped;
}

HEADROOM_EXPORT void *
mmap(void *address, size_t length, int protection, int flags, int fd, off_t offset)
{
	return map(address, length, protection, flags, fd, offset, __builtin_return_address(0));
}

HEADROOM_EXPORT void *
mmap64(void *address, size_t length, int protection, int flags, int fd, off_t offset)
{
	return map(address, length, protection, flags, fd, offset, __builtin_return_address(0));
}

HEADROOM_EXPORT int
munmap(void *address, size_t length)
{
	/* Taken out first: once it is unmapped, another thread may map and count the same range. */
	if (is_counted_caller(__builtin_return_address(0)))
		(void) headroom_region_remove((uintptr_t) address, whole_pages(length));
	return headroom_real.munmap(address, length);
}

HEADROOM_EXPORT void *
mremap(void *address, size_t old_length, size_t new_length, int flags, ...)
{
	size_t before = whole_pages(old_length);
	size_t after = whole_pages(new_length);
	void *target;
	void *mapped;
	va_list arguments;

	va_start(arguments, flags);
	target = va_arg(arguments, void *);
	va_end(arguments);
	if (!is_counted_caller(__builtin_return_address(0)) || headroom_region_counted((uintptr_t) address, before) == 0)
		return headroom_real.mremap(address, old_length, new_length, flags, target);
	if (after > before && !headroom_admit(after - before, HEADROOM_SOURCE_MMAP,
												  headroom_can_fail(__builtin_return_address(0))))
	{
		errno = ENOMEM;
		return MAP_FAILED;
	}
	mapped = headroom_real.mremap(address, old_length, new_length, flags, target);
	if (mapped == MAP_FAILED)
		return mapped;
	(void) headroom_region_remove((uintptr_t) address, before);
	(void) headroom_region_remove((uintptr_t) mapped, after);
	headroom_region_add((uintptr_t) mapped, after);
	return mapped;
}
