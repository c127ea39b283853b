/*
 * preload_jemalloc.c: without settings of the user's own, jemalloc starts with the guard's; with them, the user's win.
 */
#include <string.h>

#include "fake_postgres.h"

typedef int (*Mallctl)(const char *name, void *old, size_t *old_bytes, void *new, size_t new_bytes);

static Mallctl mallctl_function;

static long
option(const char *name, size_t bytes)
{
	union
	{
		unsigned narrow;
		long wide;
	} value = {.wide = 0};
	size_t size = bytes;

	CHECK_EQUAL(mallctl_function(name, &value, &size, NULL, 0), 0);
	return bytes == sizeof(unsigned) ? (long) value.narrow : value.wide;
}

int
main(void)
{
	const char *settings = getenv("MALLOC_CONF");

	*(void **) &mallctl_function = dlsym(RTLD_DEFAULT, "mallctl");
	if (mallctl_function == NULL)
		SKIP("the next allocator is not jemalloc");
	free(malloc(1));
	if (settings == NULL)
	{
		CHECK_EQUAL(option("opt.narenas", sizeof(unsigned)), 2);
		CHECK_EQUAL(option("opt.dirty_decay_ms", sizeof(long)), 0);
		CHECK_EQUAL(option("opt.muzzy_decay_ms", sizeof(long)), 0);
		/* Not only as options: as arenas have them, those to come too. */
		CHECK_EQUAL(option("arena.0.dirty_decay_ms", sizeof(long)), 0);
		CHECK_EQUAL(option("arenas.dirty_decay_ms", sizeof(long)), 0);
		setenv("MALLOC_CONF", "narenas:3,dirty_decay_ms:777", 1);
		execl("/proc/self/exe", "preload_jemalloc", NULL);
		CHECK(!"exec");
	}
	CHECK_EQUAL(option("opt.narenas", sizeof(unsigned)), 3);
	CHECK_EQUAL(option("opt.dirty_decay_ms", sizeof(long)), 777);
	CHECK_EQUAL(option("opt.muzzy_decay_ms", sizeof(long)), 0);
	return 0;
}
