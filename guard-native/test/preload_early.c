/*
 * preload_early.c: allocations before the guard's own start, pointers that were never counted, and a pointer of another library.
 */
#include <malloc.h>

#include "fake_postgres.h"

extern void *__libc_malloc(size_t size);

static char *early;

/* Runs before main; in a preinit array it would be an executable's very first call. */
static void
allocate_early(void)
{
	early = malloc(4321);
}
__attribute__((section(".preinit_array"), used)) static void (*const preinit)(void) = allocate_early;

int
main(void)
{
	HeadroomSetup setup = usual_setup();
#ifndef HEADROOM_RENAMED
	const char *next = getenv("LD_PRELOAD");
#endif
	int64_t before;
	char *message;

	make_segment(&setup);
	CHECK(early != NULL);
	memset(early, 1, 4321);
	early = realloc(early, 54321);
	CHECK(early != NULL && early[4320] == 1);
	free(early);

	/* A failing look-up makes the dynamic linker allocate its message. */
	before = held();
	CHECK(dlsym(RTLD_NEXT, "no_such_function_anywhere") == NULL);
	message = dlerror();
	CHECK(message != NULL && strstr(message, "no_such_function_anywhere") != NULL);
	CHECK(dlopen("/no/such/library.so", RTLD_NOW) == NULL && dlerror() != NULL);
	CHECK(held() - before < 4096);

	/* With glibc's own malloc below, a pointer got behind the guard's back can be freed through it. */
#ifndef HEADROOM_RENAMED
	if (next != NULL && strstr(next, "jemalloc") == NULL)
	{
		for (int i = 0; i < 1000; i++)
			free(__libc_malloc(100000));
		CHECK(held() >= 0);
		CHECK(atomic_load(&guard->slot()->charged_bytes) >= 0);
		before = held();
		message = malloc(1000);
		CHECK_EQUAL(held() - before, malloc_usable_size(message));
		free(message);
	}
#endif
	return 0;
}
