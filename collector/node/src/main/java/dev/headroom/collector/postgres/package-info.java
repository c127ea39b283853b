/** What the collector reads from Postgres processes without a SQL connection. */
@NullMarked
package dev.headroom.collector.postgres;

import org.jspecify.annotations.NullMarked;
