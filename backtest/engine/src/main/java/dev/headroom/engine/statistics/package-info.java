/** Statistics of rare events: exact where counts are small, and "no data" where there are none. */
@NullMarked
package dev.headroom.engine.statistics;

import org.jspecify.annotations.NullMarked;
