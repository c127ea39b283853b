/** The collector of one node: samples, captures OOM kills, spools and stores them. */
@NullMarked
package dev.headroom.collector;

import org.jspecify.annotations.NullMarked;
