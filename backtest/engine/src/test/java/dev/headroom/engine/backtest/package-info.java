/** Tests of totals, judgement and determinism. */
@NullMarked
package dev.headroom.engine.backtest;

import org.jspecify.annotations.NullMarked;
