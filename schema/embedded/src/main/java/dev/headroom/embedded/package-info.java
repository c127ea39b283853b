/** Finds, installs, starts and stops the TimescaleDB that Headroom keeps for itself. */
@NullMarked
package dev.headroom.embedded;

import org.jspecify.annotations.NullMarked;
