package dev.headroom.formula.syntax;

/**
 * A stretch of source text.
 *
 * @param start offset of its first char
 * @param end offset behind its last char; equal to start where something is missing
 */
public record Span(int start, int end) {

  /** The shortest span that holds both. */
  public Span to(Span other) {
    return new Span(Math.min(start, other.start), Math.max(end, other.end));
  }
}
