/*
 * region.h: the private anonymous maps that are in this process's account. Ranges are in whole pages.
 */
#ifndef HEADROOM_REGION_H
#define HEADROOM_REGION_H

#include "process.h"

/* Counts a new map; one more than the table holds is not counted, and that is. */
void headroom_region_add(uintptr_t start, size_t bytes);
/* How many bytes of the range are counted. */
size_t headroom_region_counted(uintptr_t start, size_t bytes);
/* Takes the counted part of the range out of the account; returns its bytes. */
size_t headroom_region_remove(uintptr_t start, size_t bytes);

#endif
