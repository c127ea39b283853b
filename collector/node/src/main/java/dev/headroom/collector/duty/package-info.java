/** Work that is done again and again, and the threads that do it. */
@NullMarked
package dev.headroom.collector.duty;

import org.jspecify.annotations.NullMarked;
