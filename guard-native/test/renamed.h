/*
 * renamed.h: for the sanitizer builds. A sanitizer brings its own malloc and needs it before anything else runs, so there the
 * interposed functions get names of their own, and the programs call those. Included before everything else.
 */
#ifndef HEADROOM_RENAMED_H
#define HEADROOM_RENAMED_H
#define HEADROOM_RENAMED

#include <fcntl.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <wchar.h>

#define malloc guarded_malloc
#define calloc guarded_calloc
#define realloc guarded_realloc
#define reallocarray guarded_reallocarray
#define free guarded_free
#define memalign guarded_memalign
#define aligned_alloc guarded_aligned_alloc
#define posix_memalign guarded_posix_memalign
#define valloc guarded_valloc
#define pvalloc guarded_pvalloc
#define mmap guarded_mmap
#define mmap64 guarded_mmap64
#define munmap guarded_munmap
#define mremap guarded_mremap
#define posix_fallocate guarded_posix_fallocate
#define posix_fallocate64 guarded_posix_fallocate64
#define shm_unlink guarded_shm_unlink

void *malloc(size_t size);
void *calloc(size_t count, size_t size);
void *realloc(void *pointer, size_t size);
void *reallocarray(void *pointer, size_t count, size_t size);
void free(void *pointer);
void *memalign(size_t alignment, size_t size);
void *aligned_alloc(size_t alignment, size_t size);
int posix_memalign(void **pointer, size_t alignment, size_t size);
void *valloc(size_t size);
void *pvalloc(size_t size);
void *mmap(void *address, size_t length, int protection, int flags, int fd, off_t offset);
void *mmap64(void *address, size_t length, int protection, int flags, int fd, off_t offset);
int munmap(void *address, size_t length);
void *mremap(void *address, size_t old_length, size_t new_length, int flags, ...);
int posix_fallocate(int fd, off_t offset, off_t length);
int posix_fallocate64(int fd, off_t offset, off_t length);
int shm_unlink(const char *name);

#endif
