/** The search over candidates: chosen on one part of a recording, judged on another. */
@NullMarked
package dev.headroom.engine.search;

import org.jspecify.annotations.NullMarked;
