/** Fleets made up by seed, as large as wanted, that resemble the lab's recordings. */
@NullMarked
package dev.headroom.engine.fleet;

import org.jspecify.annotations.NullMarked;
