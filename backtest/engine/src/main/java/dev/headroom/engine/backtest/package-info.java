/** A backtest: policies replayed over a recording's instances, totalled and judged. */
@NullMarked
package dev.headroom.engine.backtest;

import org.jspecify.annotations.NullMarked;
