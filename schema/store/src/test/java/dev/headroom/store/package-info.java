/** Tests of the stores, most of them against a real Postgres. */
@NullMarked
package dev.headroom.store;

import org.jspecify.annotations.NullMarked;
