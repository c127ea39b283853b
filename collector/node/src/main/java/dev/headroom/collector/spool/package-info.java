/** The durable local log through which every observation passes on its way to the database. */
@NullMarked
package dev.headroom.collector.spool;

import org.jspecify.annotations.NullMarked;
