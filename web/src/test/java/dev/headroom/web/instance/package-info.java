/** One instance: what is kept of it in memory. */
@NullMarked
package dev.headroom.web.instance;

import org.jspecify.annotations.NullMarked;
