package dev.headroom.formula.syntax;

/** Bounds that keep every formula cheap to read and to run. */
public final class Limits {

  /** Characters of text. */
  public static final int TEXT_LENGTH = 20_000;

  /** Nodes of all expressions together. */
  public static final int NODES = 2_000;

  /** Levels of one expression: brackets, calls and operators inside one another. */
  public static final int DEPTH = 200;

  private Limits() {}
}
