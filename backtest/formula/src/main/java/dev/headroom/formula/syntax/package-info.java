/** From text to a syntax tree with places: says what was written, not yet what it means. */
@NullMarked
package dev.headroom.formula.syntax;

import org.jspecify.annotations.NullMarked;
