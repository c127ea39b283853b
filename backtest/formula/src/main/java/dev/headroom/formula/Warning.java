package dev.headroom.formula;

/**
 * Something in a formula that is allowed but probably not meant.
 *
 * @param line 1-based
 * @param column 1-based, in characters
 * @param message what was found and what to write instead
 */
public record Warning(int line, int column, String message) {}
