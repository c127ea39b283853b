/** Runs a checked formula by walking its tree: the reference that every faster way is held to. */
@NullMarked
package dev.headroom.formula.interpret;

import org.jspecify.annotations.NullMarked;
