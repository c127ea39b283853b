/** Puts the model into TimescaleDB and reads it back. */
@NullMarked
package dev.headroom.store;

import org.jspecify.annotations.NullMarked;
