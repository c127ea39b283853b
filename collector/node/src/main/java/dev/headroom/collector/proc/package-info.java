/** Processes as {@code /proc} shows them; one that ends while it is read is empty, no error. */
@NullMarked
package dev.headroom.collector.proc;

import org.jspecify.annotations.NullMarked;
