/*
 * dsm.c: POSIX shared memory, which is how Postgres makes dynamic shared memory. Its pages are allocated by posix_fallocate and
 * released when its name is removed; sizes set by ftruncate alone are no memory yet.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "judge.h"
#include "real.h"
#include "shared.h"

#define SHM_FOLDER "/dev/shm/"

/* The object's name without its folder; false: the descriptor is something else. */
static bool
shm_name(int fd, char name[HEADROOM_DSM_NAME_BYTES])
{
	char link[32] = "/proc/self/fd/";
	char path[sizeof SHM_FOLDER + HEADROOM_DSM_NAME_BYTES];
	char digits[12];
	size_t at = strlen(link);
	int count = 0;
	int saved_errno = errno;
	ssize_t length;

	if (fd < 0)
		return false;
	do
	{
		digits[count++] = (char) ('0' + fd % 10);
		fd /= 10;
	} while (fd > 0);
	while (count > 0)
		link[at++] = digits[--count];
	link[at] = '\0';
	length = readlink(link, path, sizeof path);
	errno = saved_errno;
	/* A name that fills the buffer may have been cut. */
	if (length <= (ssize_t) strlen(SHM_FOLDER) ||
		(size_t) length - strlen(SHM_FOLDER) >= HEADROOM_DSM_NAME_BYTES ||
		memcmp(path, SHM_FOLDER, strlen(SHM_FOLDER)) != 0)
		return false;
	length -= (ssize_t) strlen(SHM_FOLDER);
	memcpy(name, path + strlen(SHM_FOLDER), (size_t) length);
	name[length] = '\0';
	return true;
}

static int
allocate(int fd, off_t offset, off_t length)
{
	HeadroomSegment *segment = atomic_load_explicit(&headroom_segment, memory_order_acquire);
	char name[HEADROOM_DSM_NAME_BYTES];
	int64_t page = sysconf(_SC_PAGESIZE);
	int64_t growth;
	int result;

	headroom_resolve();
	if (segment == NULL || offset < 0 || length <= 0 || length > INT64_MAX / 4 || offset > INT64_MAX / 4 ||
		!shm_name(fd, name))
		return headroom_real.posix_fallocate(fd, offset, length);
	growth = (offset + length + page - 1) / page * page - headroom_dsm_bytes(segment, name);
	if (growth <= 0)
		return headroom_real.posix_fallocate(fd, offset, length);
	if (!headroom_dsm_admit(segment, growth))
		return ENOMEM;
	result = headroom_real.posix_fallocate(fd, offset, length);
	if (result != 0 || !headroom_dsm_add(segment, name, growth, headroom_own_slot()))
		(void) headroom_total_add(segment, true, -growth);
	return result;
}

HEADROOM_EXPORT int
posix_fallocate(int fd, off_t offset, off_t length)
{
	return allocate(fd, offset, length);
}

HEADROOM_EXPORT int
posix_fallocate64(int fd, off_t offset, off_t length)
{
	return allocate(fd, offset, length);
}

HEADROOM_EXPORT int
shm_unlink(const char *name)
{
	HeadroomSegment *segment = atomic_load_explicit(&headroom_segment, memory_order_acquire);
	int result;

	headroom_resolve();
	result = headroom_real.shm_unlink(name);
	if (result == 0 && segment != NULL)
		(void) headroom_dsm_remove(segment, name[0] == '/' ? name + 1 : name);
	return result;
}
