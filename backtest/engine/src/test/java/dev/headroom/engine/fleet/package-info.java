/** Tests of the replay against a second implementation that is slow and plain. */
@NullMarked
package dev.headroom.engine.fleet;

import org.jspecify.annotations.NullMarked;
