/** The memory that a guarded Postgres shares with the collector: found, checked, read, led. */
@NullMarked
package dev.headroom.collector.guard;

import org.jspecify.annotations.NullMarked;
