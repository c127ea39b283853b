/** A backtest's result as text for a terminal, Markdown, JSON, and words about one kill. */
@NullMarked
package dev.headroom.engine.report;

import org.jspecify.annotations.NullMarked;
