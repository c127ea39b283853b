/** Tests of the private TimescaleDB, on real processes where they can be had. */
@NullMarked
package dev.headroom.embedded;

import org.jspecify.annotations.NullMarked;
