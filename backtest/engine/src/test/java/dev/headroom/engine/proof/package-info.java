/** Proofs that catch what they are for. */
@NullMarked
package dev.headroom.engine.proof;

import org.jspecify.annotations.NullMarked;
