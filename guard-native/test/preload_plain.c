/*
 * preload_plain.c: in a program that is not Postgres the guard only passes through: no segment, no account, and everything works.
 */
#include <dlfcn.h>
#include <errno.h>
#include <malloc.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#include "check.h"
#include "headroom_guard.h"

int
main(void)
{
	HeadroomGuardApiFunction find;
	const HeadroomGuardApi *guard;
	HeadroomSetup setup = {.slot_count = 8, .ring_capacity = 8, .dsm_capacity = 8};
	void *aligned = NULL;
	char *pointer;

	*(void **) &find = dlsym(RTLD_DEFAULT, HEADROOM_GUARD_API_SYMBOL);
	if (find == NULL)
		SKIP("run with LD_PRELOAD=libheadroom_guard.so");
	guard = find(HEADROOM_GUARD_API_VERSION);
	CHECK_EQUAL(guard->create_segment(&setup), EINVAL);
	CHECK(guard->segment() == NULL && guard->slot() == NULL);
	CHECK_EQUAL(guard->effective_mode(), HEADROOM_MODE_OFF);
	guard->statement_begin();
	guard->set_query_id(1);
	guard->set_identity(1, 2, true);
	guard->set_switch(HEADROOM_MODE_OFF);
	CHECK(!guard->outcome(HEADROOM_OUTCOME_ERROR, 0));
	CHECK(!guard->publish_settings(&(HeadroomSettings) {0}));
	guard->blackbox_write(NULL, 0, 0);
	guard->statement_end();
	guard->statement_end();
	CHECK_EQUAL(guard->statement_depth(), 0);

	pointer = malloc(1000);
	pointer = realloc(pointer, 100000);
	memset(pointer, 1, 100000);
	free(pointer);
	CHECK_EQUAL(posix_memalign(&aligned, 4096, 100), 0);
	free(aligned);
	free(calloc(3, 5));
	pointer = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(pointer != MAP_FAILED);
	pointer = mremap(pointer, 8192, 16384, MREMAP_MAYMOVE);
	CHECK(pointer != MAP_FAILED && munmap(pointer, 16384) == 0);
	return 0;
}
