/** Measures the replay against other ways to compute the same. */
@NullMarked
package dev.headroom.benchmark;

import org.jspecify.annotations.NullMarked;
