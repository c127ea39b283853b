/** The proofs a run carries: no look-ahead, and parity with what a live guard did. */
@NullMarked
package dev.headroom.engine.proof;

import org.jspecify.annotations.NullMarked;
