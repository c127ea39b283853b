/** Choosing on one part and judging on another. */
@NullMarked
package dev.headroom.engine.search;

import org.jspecify.annotations.NullMarked;
