/*
 * exports.c: the two names that are not somebody else's functions: the way in for the extension, and jemalloc's settings.
 */
#include "real.h"
#include "statement.h"

HEADROOM_EXPORT const HeadroomGuardApi *headroom_guard_api(uint32_t version);

const HeadroomGuardApi *
headroom_guard_api(uint32_t version)
{
	return headroom_api(version);
}

/*
 * jemalloc reads this variable when it starts, and takes the definition that the dynamic linker finds first. Two arenas and no
 * decay: what a query frees goes back to the kernel at once, instead of staying charged to the cgroup. The environment variable
 * MALLOC_CONF is read after it and wins, option by option.
 */
extern HEADROOM_EXPORT const char *malloc_conf;
const char *malloc_conf = "narenas:2,dirty_decay_ms:0,muzzy_decay_ms:0";
