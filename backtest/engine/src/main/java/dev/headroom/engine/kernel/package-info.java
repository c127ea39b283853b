/** The replay: a pure function of a recording and a policy. */
@NullMarked
package dev.headroom.engine.kernel;

import org.jspecify.annotations.NullMarked;
