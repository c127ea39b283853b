/** Worked examples of the replay: read strictly, run, and compared with what they expect. */
@NullMarked
package dev.headroom.engine.casefile;

import org.jspecify.annotations.NullMarked;
