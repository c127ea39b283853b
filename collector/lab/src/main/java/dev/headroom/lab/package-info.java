/** Makes real OOM kills of a real Postgres, and labels them. */
@NullMarked
package dev.headroom.lab;

import org.jspecify.annotations.NullMarked;
