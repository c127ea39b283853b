/** Runs the guard's own test programs, which are written in C. */
@NullMarked
package dev.headroom.guard;

import org.jspecify.annotations.NullMarked;
