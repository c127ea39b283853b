package dev.headroom.formula.syntax;

import java.util.List;

/** An expression as written, with names not yet looked up. */
public sealed interface Syntax {

  /** Where the error marks go when this node is at fault. */
  Span span();

  /** Levels of the tree from here down; bounded by {@link Limits#HEIGHT}. */
  int height();

  /** A number with its unit; {@code value} is already in bytes, seconds or plain numbers. */
  record Literal(double value, LiteralUnit unit, Span span) implements Syntax {
    @Override
    public int height() {
      return 1;
    }
  }

  /** A name that is read. */
  record Name(String name, Span span) implements Syntax {
    @Override
    public int height() {
      return 1;
    }
  }

  /** {@code function(arguments)}; the span is the function's name. */
  record Call(String function, List<Syntax> arguments, Span span, int height) implements Syntax {}

  /** {@code -operand}. */
  record Negate(Syntax operand, Span span, int height) implements Syntax {}

  /** {@code not operand}. */
  record Not(Syntax operand, Span span, int height) implements Syntax {}

  /** Arithmetic on two operands; the span is the operator. */
  record Binary(Operator operator, Syntax left, Syntax right, Span span, int height)
      implements Syntax {}

  /**
   * {@code a < b <= c}: one relation between each pair of neighbours; {@code spans} are the
   * operators.
   */
  record Comparison(List<Syntax> operands, List<Relation> relations, List<Span> spans, int height)
      implements Syntax {
    @Override
    public Span span() {
      return spans.getFirst();
    }
  }

  /** {@code left and right}. */
  record And(Syntax left, Syntax right, Span span, int height) implements Syntax {}

  /** {@code left or right}. */
  record Or(Syntax left, Syntax right, Span span, int height) implements Syntax {}

  /** {@code then if condition else otherwise}; the span is the word {@code if}. */
  record Conditional(Syntax condition, Syntax then, Syntax otherwise, Span span, int height)
      implements Syntax {}
}
