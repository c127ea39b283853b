/** Proves the guard inside real Postgres servers. */
@NullMarked
package dev.headroom.guard.proof;

import org.jspecify.annotations.NullMarked;
