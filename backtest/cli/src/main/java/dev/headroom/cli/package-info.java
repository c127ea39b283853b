/** The backtest command. */
@NullMarked
package dev.headroom.cli;

import org.jspecify.annotations.NullMarked;
