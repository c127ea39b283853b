/*
 * other_version.c: what the extension finds preloaded when the library is of another build, for GuardRestraintTest.
 */
#include "headroom_guard.h"

const HeadroomGuardApi *headroom_guard_api(uint32_t version);

__attribute__((visibility("default"))) const HeadroomGuardApi *
headroom_guard_api(uint32_t version)
{
	(void) version;
	return NULL;
}
