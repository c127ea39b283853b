/** From what the kernel says about a kill to the row that is stored. */
@NullMarked
package dev.headroom.collector.kill;

import org.jspecify.annotations.NullMarked;
