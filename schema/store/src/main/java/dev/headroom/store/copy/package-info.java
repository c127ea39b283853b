/** Postgres's binary COPY format, as far as Headroom's tables need it. */
@NullMarked
package dev.headroom.store.copy;

import org.jspecify.annotations.NullMarked;
