/** From the spool to the database, exactly once and whenever it is there. */
@NullMarked
package dev.headroom.collector.sink;

import org.jspecify.annotations.NullMarked;
