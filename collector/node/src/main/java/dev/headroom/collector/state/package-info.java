/** What a collector must know again after it was killed. */
@NullMarked
package dev.headroom.collector.state;

import org.jspecify.annotations.NullMarked;
