/**
 * The fast path: a checked formula as a graph without repetitions, cut into loops over columns that
 * are compiled to bytecode. {@link dev.headroom.formula.compile.CompiledProgram} tells the story.
 */
@NullMarked
package dev.headroom.formula.compile;

import org.jspecify.annotations.NullMarked;
