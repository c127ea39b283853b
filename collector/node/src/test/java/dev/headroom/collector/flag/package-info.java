/** Tests of the flags a collector follows. */
@NullMarked
package dev.headroom.collector.flag;

import org.jspecify.annotations.NullMarked;
