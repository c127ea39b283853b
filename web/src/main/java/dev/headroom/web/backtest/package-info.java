/** Backtests: what was kept, and new ones that are started from a page. */
@NullMarked
package dev.headroom.web.backtest;

import org.jspecify.annotations.NullMarked;
