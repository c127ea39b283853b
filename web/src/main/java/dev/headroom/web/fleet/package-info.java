/** What happened to all instances together. */
@NullMarked
package dev.headroom.web.fleet;

import org.jspecify.annotations.NullMarked;
