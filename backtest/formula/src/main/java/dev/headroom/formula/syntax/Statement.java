package dev.headroom.formula.syntax;

/** One line of a formula. */
public sealed interface Statement {

  Span span();

  /** {@code name = value}; the span is the name. */
  record Assignment(String name, Syntax value, Span span) implements Statement {}

  /** {@code param name = value in [min, max]}; the span is the name. */
  record ParamDeclaration(
      String name, Syntax.Literal value, Syntax.Literal min, Syntax.Literal max, Span span)
      implements Statement {}

  /** A bare expression; the span is all of it. */
  record Expression(Syntax value, Span span) implements Statement {}
}
