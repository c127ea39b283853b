package dev.headroom.formula.syntax;

/** Bounds that keep every formula cheap to read and to run. */
public final class Limits {

  /** Characters of text. */
  public static final int TEXT_LENGTH = 20_000;

  /** Nodes of all expressions together. */
  public static final int NODES = 2_000;

  /** Brackets, calls and signs inside one another. */
  public static final int NESTING = 64;

  /** Levels of one expression's tree; a sum of n terms has n. */
  public static final int HEIGHT = 128;

  private Limits() {}
}
