/**
 * A formula that was checked: names are resolved, every expression has a type, windows are
 * numbered.
 */
@NullMarked
package dev.headroom.formula.ast;

import org.jspecify.annotations.NullMarked;
