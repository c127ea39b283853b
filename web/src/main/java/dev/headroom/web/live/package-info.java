/** Tells open pages that something changed, within a second. */
@NullMarked
package dev.headroom.web.live;

import org.jspecify.annotations.NullMarked;
