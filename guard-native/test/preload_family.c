/*
 * preload_family.c: every allocating call is counted with its usable size, and given back by free. Each call has an odd size of
 * its own, so that the totals prove who was counted.
 */
#include <errno.h>
#include <malloc.h>
#include <stdint.h>
#include <wchar.h>

#include "fake_postgres.h"

static int64_t before;

static void
expect_counted(void *pointer, size_t at_least)
{
	CHECK(pointer != NULL);
	CHECK(malloc_usable_size(pointer) >= at_least);
	CHECK_EQUAL(held() - before, malloc_usable_size(pointer));
	memset(pointer, 0x5a, at_least);
	free(pointer);
	CHECK_EQUAL(held(), before);
}

static void
check_realloc(void)
{
	char *pointer = realloc(NULL, 3011);

	CHECK(pointer != NULL);
	CHECK_EQUAL(held() - before, malloc_usable_size(pointer));
	pointer[3010] = 'x';
	pointer = realloc(pointer, 7000013);
	CHECK(pointer != NULL && pointer[3010] == 'x');
	CHECK_EQUAL(held() - before, malloc_usable_size(pointer));
	pointer = realloc(pointer, 61);
	CHECK_EQUAL(held() - before, malloc_usable_size(pointer));
	/* Too much for any machine: the old memory stays, and so does the account. */
	CHECK(realloc(pointer, (size_t) PTRDIFF_MAX - 1) == NULL);
	CHECK_EQUAL(held() - before, malloc_usable_size(pointer));
	CHECK(realloc(pointer, (size_t) 1 << 50) == NULL);
	CHECK_EQUAL(held() - before, malloc_usable_size(pointer));
	pointer = reallocarray(pointer, 101, 7);
	CHECK_EQUAL(held() - before, malloc_usable_size(pointer));
	errno = 0;
	CHECK(reallocarray(pointer, SIZE_MAX / 2, 3) == NULL && errno == ENOMEM);
	expect_counted(pointer, 707);
}

static void
check_failures(void)
{
	void *pointer = &before;

	CHECK(malloc((size_t) PTRDIFF_MAX) == NULL);
	CHECK(malloc(SIZE_MAX - 4096) == NULL);
	CHECK(malloc((size_t) 1 << 50) == NULL);
	CHECK(calloc(SIZE_MAX / 2, 3) == NULL);
	CHECK_EQUAL(posix_memalign(&pointer, 3, 100), EINVAL);
	CHECK(pointer == &before);
	CHECK(pvalloc(SIZE_MAX - 10) == NULL);
	CHECK_EQUAL(held(), before);
	free(NULL);
	CHECK_EQUAL(held(), before);
}

#ifndef HEADROOM_RENAMED
/* What C++ code calls: in this C program by its name in the dynamic symbol table. */
static void
check_cxx(void)
{
	void *(*operator_new)(size_t);
	void *(*operator_new_aligned)(size_t, size_t);
	void (*operator_delete)(void *);
	void *pointer;

	*(void **) &operator_new = dlsym(RTLD_DEFAULT, "_Znwm");
	*(void **) &operator_new_aligned = dlsym(RTLD_DEFAULT, "_ZnamSt11align_val_t");
	*(void **) &operator_delete = dlsym(RTLD_DEFAULT, "_ZdlPvm");
	CHECK(operator_new != NULL && operator_new_aligned != NULL && operator_delete != NULL);
	expect_counted(operator_new(1733), 1733);
	expect_counted(operator_new(0), 1);
	pointer = operator_new_aligned(6007, 512);
	CHECK_EQUAL((uintptr_t) pointer % 512, 0);
	CHECK_EQUAL(held() - before, malloc_usable_size(pointer));
	operator_delete(pointer);
	CHECK_EQUAL(held(), before);
}

/* What the C library allocates for its caller. */
static void
check_library(void)
{
	void *pointer = NULL;
	char *line = NULL;
	size_t line_size = 0;
	FILE *file;

	expect_counted(strdup("a string of its own odd length"), 31);
	expect_counted(strndup("another one", 7), 8);
	expect_counted(wcsdup(L"wide"), 5 * sizeof(wchar_t));
	CHECK(asprintf((char **) &pointer, "%0977d", 1) == 977);
	expect_counted(pointer, 978);
	file = fopen("/proc/self/cmdline", "re");
	CHECK(file != NULL && getline(&line, &line_size, file) > 0);
	fclose(file);
	expect_counted(line, line_size);
}
#endif

int
main(void)
{
	HeadroomSetup setup = usual_setup();
	void *pointer = NULL;

	make_segment(&setup);
	free(malloc(1));
	before = held();
	CHECK_EQUAL(atomic_load(&guard->slot()->kind), HEADROOM_KIND_POSTMASTER);

	expect_counted(malloc(1009), 1009);
	expect_counted(malloc(0), 0);
	expect_counted(malloc(5000011), 5000011);
	expect_counted(malloc(64000007), 64000007);
	pointer = calloc(31, 67);
	for (int i = 0; i < 31 * 67; i++)
		CHECK_EQUAL(((char *) pointer)[i], 0);
	expect_counted(pointer, 2077);
	expect_counted(aligned_alloc(128, 1280), 1280);
	expect_counted(memalign(256, 2003), 2003);
	CHECK_EQUAL(posix_memalign(&pointer, 1024, 4001), 0);
	CHECK_EQUAL((uintptr_t) pointer % 1024, 0);
	expect_counted(pointer, 4001);
	expect_counted(valloc(809), 809);
	pointer = pvalloc(4099);
	CHECK_EQUAL((uintptr_t) pointer % 4096, 0);
	expect_counted(pointer, 8192);

	check_realloc();
	check_failures();
#ifndef HEADROOM_RENAMED
	check_library();
	check_cxx();
#endif
	CHECK_EQUAL(total(), 0);
	CHECK(atomic_load(&segment->others_bytes) >= held());
	return 0;
}
