/*
 * pass_on.c: a library that stands in front of malloc and free and does nothing, for bench.sh: what is left of the guard's cost when
 * everything is taken away that it does.
 */
#include <dlfcn.h>
#include <stddef.h>

#define VISIBLE __attribute__((visibility("default")))

extern VISIBLE void *malloc(size_t size);
extern VISIBLE void free(void *pointer);

static void *first_malloc(size_t size);
static void first_free(void *pointer);

static void *(*next_malloc)(size_t size) = first_malloc;
static void (*next_free)(void *pointer) = first_free;

__attribute__((constructor)) static void
find(void)
{
	*(void **) &next_malloc = dlsym(RTLD_NEXT, "malloc");
	*(void **) &next_free = dlsym(RTLD_NEXT, "free");
}

static void *
first_malloc(size_t size)
{
	find();
	return next_malloc(size);
}

static void
first_free(void *pointer)
{
	find();
	next_free(pointer);
}

void *
malloc(size_t size)
{
	return next_malloc(size);
}

void
free(void *pointer)
{
	next_free(pointer);
}
