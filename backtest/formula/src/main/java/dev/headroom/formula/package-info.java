/** The formula language: text in, a checked formula that computes a limit out. */
@NullMarked
package dev.headroom.formula;

import org.jspecify.annotations.NullMarked;
