/**
 * Gives names and dimensions their meaning, and says what is wrong with a formula that has none.
 */
@NullMarked
package dev.headroom.formula.check;

import org.jspecify.annotations.NullMarked;
