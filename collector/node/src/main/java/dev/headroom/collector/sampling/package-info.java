/** Samples of instances: when to take one, what is in it, and what is remembered for kills. */
@NullMarked
package dev.headroom.collector.sampling;

import org.jspecify.annotations.NullMarked;
