/*
 * no_counters.c: put before jemalloc it stands for one that has no counters to offer, so that the tests also run over a jemalloc
 * whose blocks are counted one by one.
 */
#include <dlfcn.h>
#include <errno.h>
#include <string.h>

typedef int (*Mallctl)(const char *name, void *old, size_t *old_bytes, void *new, size_t new_bytes);

__attribute__((visibility("default"))) int mallctl(const char *name, void *old, size_t *old_bytes, void *new,
												   size_t new_bytes);

int
mallctl(const char *name, void *old, size_t *old_bytes, void *new, size_t new_bytes)
{
	Mallctl next;

	*(void **) &next = dlsym(RTLD_NEXT, "mallctl");
	if (next == NULL || strncmp(name, "experimental.", strlen("experimental.")) == 0)
		return ENOENT;
	return next(name, old, old_bytes, new, new_bytes);
}
