/** Decides, sample by sample, which limits an instance's guard is to have. */
@NullMarked
package dev.headroom.collector.autotune;

import org.jspecify.annotations.NullMarked;
