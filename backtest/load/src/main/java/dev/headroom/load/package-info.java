/** Measures the dashboard under load, over a made-up fleet in a database of its own. */
@NullMarked
package dev.headroom.load;

import org.jspecify.annotations.NullMarked;
