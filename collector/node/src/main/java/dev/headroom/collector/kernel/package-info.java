/** The text files and the clock through which the kernel tells its state. */
@NullMarked
package dev.headroom.collector.kernel;

import org.jspecify.annotations.NullMarked;
