/**
 * Takes a policy from a stored backtest to live guards, step by step: what each step asks for, who
 * may leave it out, and what takes it back.
 */
@NullMarked
package dev.headroom.promotion;

import org.jspecify.annotations.NullMarked;
