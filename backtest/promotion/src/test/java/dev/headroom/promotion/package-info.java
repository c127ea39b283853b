/** Tests of promotion. */
@NullMarked
package dev.headroom.promotion;

import org.jspecify.annotations.NullMarked;
