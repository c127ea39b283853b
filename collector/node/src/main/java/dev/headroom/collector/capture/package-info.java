/** What the kernel says about OOM kills, from the best source the machine has. */
@NullMarked
package dev.headroom.collector.capture;

import org.jspecify.annotations.NullMarked;
