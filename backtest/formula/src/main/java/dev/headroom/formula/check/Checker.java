package dev.headroom.formula.check;

import dev.headroom.formula.Dimension;
import dev.headroom.formula.FormulaException;
import dev.headroom.formula.Input;
import dev.headroom.formula.Param;
import dev.headroom.formula.Warning;
import dev.headroom.formula.ast.Expr;
import dev.headroom.formula.ast.Program;
import dev.headroom.formula.ast.Type;
import dev.headroom.formula.ast.Type.Quantity;
import dev.headroom.formula.syntax.Source;
import dev.headroom.formula.syntax.Span;
import dev.headroom.formula.syntax.Statement;
import dev.headroom.formula.syntax.Statement.Assignment;
import dev.headroom.formula.syntax.Statement.ParamDeclaration;
import dev.headroom.formula.syntax.Syntax;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Turns the statements of a formula into a program: checks every line, then keeps what the result
 * needs.
 */
public final class Checker {

  private static final Set<String> RESULT_NAMES = Set.of("limit", "limit_bytes");

  private final Source source;
  private final Scope scope;
  private final ExpressionChecker expressions;
  private final List<Param> params = new ArrayList<>();
  private final List<Program.Variable> variables = new ArrayList<>();
  private final List<Warning> warnings = new ArrayList<>();
  private @Nullable Expr result;
  private @Nullable Span resultSpan;

  private Checker(Source source, List<Statement> statements) {
    this.source = source;
    this.scope = new Scope(source, statements);
    this.expressions = new ExpressionChecker(source, scope, warnings);
  }

  /**
   * What checking yields.
   *
   * @param warnings what is allowed but probably not meant, in the order of the text
   */
  public record Checked(Program program, List<Warning> warnings) {}

  /**
   * Checks a formula.
   *
   * @throws FormulaException for the first thing that is wrong
   */
  public static Checked check(Source source, List<Statement> statements) {
    return new Checker(source, statements).check(statements);
  }

  private Checked check(List<Statement> statements) {
    for (int i = 0; i < statements.size(); i++) {
      switch (statements.get(i)) {
        case ParamDeclaration declaration -> declare(declaration);
        case Assignment assignment -> assign(assignment);
        case Statement.Expression expression -> {
          if (i < statements.size() - 1) {
            throw source.error(
                expression.span(),
                "a value without a name, but more lines follow",
                "write name = … in front of it, or limit = … if this is the result");
          }
          result(expressions.check(expression.value()), expression.span());
        }
      }
    }
    if (result == null) {
      Span end = new Span(source.text().length(), source.text().length());
      throw source.error(
          end, "the formula has no result", "add a line limit = …, or end with a bare expression");
    }
    warnOfUnused(statements);
    warnings.sort(Comparator.comparingInt(Warning::line).thenComparingInt(Warning::column));
    return new Checked(program(result), List.copyOf(warnings));
  }

  private void declare(ParamDeclaration declaration) {
    Syntax.Literal value = declaration.value();
    Syntax.Literal min = declaration.min();
    Syntax.Literal max = declaration.max();
    Quantity type = typeOf(value);
    for (Syntax.Literal bound : List.of(min, max)) {
      Quantity boundType = typeOf(bound);
      type = expressions.common(type, boundType, bound.span(), "a range of %s and %s");
    }
    if (min.value() > max.value()) {
      throw source.error(
          min.span().to(max.span()), "the range is empty", "write the smaller bound first");
    }
    if (value.value() < min.value() || value.value() > max.value()) {
      throw source.error(
          value.span(), "the default is outside the range", "widen the range or move the default");
    }
    Dimension dimension =
        type.equals(Type.BYTES)
            ? Dimension.BYTES
            : type.equals(Type.DURATION) ? Dimension.DURATION : Dimension.NUMBER;
    hideInput(declaration.name(), declaration.span());
    scope.declare(
        declaration.name(),
        declaration.span(),
        new Expr.ParamValue(declaration.name(), params.size(), Type.of(dimension)));
    params.add(new Param(declaration.name(), dimension, value.value(), min.value(), max.value()));
  }

  private static Quantity typeOf(Syntax.Literal number) {
    return ExpressionChecker.constant(number).type();
  }

  private void assign(Assignment assignment) {
    Expr value = expressions.check(assignment.value());
    hideInput(assignment.name(), assignment.span());
    int slot = variables.size();
    scope.declare(
        assignment.name(),
        assignment.span(),
        new Expr.VariableValue(
            assignment.name(), slot, value.type(), ExpressionChecker.isConstant(value)));
    variables.add(new Program.Variable(assignment.name(), slot, value));
    if (RESULT_NAMES.contains(assignment.name())) {
      result(value, assignment.span());
    }
  }

  private void hideInput(String name, Span span) {
    Input.find(name)
        .ifPresent(input ->
            warn(
                span,
                "'%s' is also an input; from here on the name means this line".formatted(name)));
  }

  private void result(Expr value, Span span) {
    if (resultSpan != null) {
      throw source.error(
          span,
          "a second result; line %d has the first".formatted(source.line(resultSpan.start())),
          "keep one of limit = …, limit_bytes = … and the bare expression at the end");
    }
    if (!(value.type() instanceof Quantity quantity)
        || !(quantity.literal() || quantity.equals(Type.BYTES))) {
      throw source.error(
          span,
          "the limit must be bytes, not " + value.type().words(),
          value.type().equals(Type.NUMBER)
              ? "for a share of the memory, multiply: 85% * memory_max"
              : "the last line is bytes, as in memory_max - connections * 8MiB");
    }
    result = value;
    resultSpan = span;
  }

  private void warnOfUnused(List<Statement> statements) {
    for (Statement statement : statements) {
      switch (statement) {
        case Assignment(String name, Syntax _, Span span) -> {
          if (!scope.isRead(name) && !RESULT_NAMES.contains(name)) {
            warn(span, "'%s' is assigned but never used".formatted(name));
          }
        }
        case ParamDeclaration(String name, var _, var _, var _, Span span) -> {
          if (!scope.isRead(name)) {
            warn(span, "param '%s' is never used".formatted(name));
          }
        }
        case Statement.Expression _ -> {}
      }
    }
  }

  private void warn(Span span, String message) {
    warnings.add(new Warning(source.line(span.start()), source.column(span.start()), message));
  }

  private Program program(Expr checkedResult) {
    Needs needs = Needs.of(checkedResult, variables);
    return new Program(
        List.copyOf(needs.inputs()),
        List.copyOf(params),
        needs.variables(),
        checkedResult,
        needs.windows(),
        variables.size(),
        expressions.windowCount());
  }
}
