/**
 * What an evaluator remembers of the past: one small state machine for each window of a formula.
 */
@NullMarked
package dev.headroom.formula.window;

import org.jspecify.annotations.NullMarked;
