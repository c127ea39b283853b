/** Tests of recordings, and the generator of made-up ones. */
@NullMarked
package dev.headroom.engine.recording;

import org.jspecify.annotations.NullMarked;
