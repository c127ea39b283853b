package dev.headroom.formula;

import dev.headroom.formula.ast.CanonicalText;
import dev.headroom.formula.ast.Program;
import dev.headroom.formula.check.Checker;
import dev.headroom.formula.check.Checker.Checked;
import dev.headroom.formula.compile.CompiledProgram;
import dev.headroom.formula.interpret.ColumnInterpreter;
import dev.headroom.formula.interpret.Interpreter;
import dev.headroom.formula.interpret.WindowPlan;
import dev.headroom.formula.syntax.Layout;
import dev.headroom.formula.syntax.Parser;
import dev.headroom.formula.syntax.Source;
import dev.headroom.formula.syntax.Span;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/**
 * A limit in bytes, computed from a sample and its past. Parsed and checked; immutable.
 *
 * <p>The language is described in {@code docs/formula-language.md}.
 */
public final class Formula {

  private final Source source;
  private final Program program;
  private final List<Warning> warnings;
  private final WindowPlan plan;

  private Formula(Source source, Program program, List<Warning> warnings) {
    this.source = source;
    this.program = program;
    this.warnings = warnings;
    this.plan = WindowPlan.of(program, source);
  }

  /**
   * Reads a formula.
   *
   * @throws FormulaException for the first thing that is wrong with it; nothing else is ever thrown
   *     for any text
   */
  public static Formula parse(String text) {
    var source = new Source(text);
    Checked checked = Checker.check(source, Parser.parse(source));
    return new Formula(source, checked.program(), checked.warnings());
  }

  /**
   * The text as it was written. What {@link #withParams} changed is not in it: see {@link
   * #canonicalText}.
   */
  public String text() {
    return source.text();
  }

  /**
   * The same formula in one fixed way of writing: parses to an equal formula, and is the same for
   * texts that differ only in blanks, comments, brackets that change nothing, aliases, ways to
   * write a number or lines that nothing needs.
   */
  public String canonicalText() {
    return CanonicalText.of(program);
  }

  /**
   * The text as it was written but in the layout of the language's own pages, comments and line
   * breaks kept: what {@code backtest fmt} writes. Formatting it again changes nothing.
   */
  public String formattedText() {
    String formatted = Layout.format(source);
    if (!parse(formatted).astHash().equals(parse(text()).astHash())) {
      throw new IllegalStateException(
          "the formatter would change what this formula means: " + text());
    }
    return formatted;
  }

  /**
   * SHA-256 of the canonical text, in hex: equal for formulas that compute the same in the same
   * steps.
   */
  public String astHash() {
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256")
              .digest(canonicalText().getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(digest);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  /** The inputs the limit depends on, in the order of {@link Input}. */
  public List<Input> inputs() {
    return program.inputs();
  }

  /** The tunables in the order of the text, with the values this formula uses. */
  public List<Param> params() {
    return program.params();
  }

  /** What is allowed but probably not meant, in the order of the text. */
  public List<Warning> warnings() {
    return warnings;
  }

  /**
   * This formula with other values for some of its params.
   *
   * @param values by name, in bytes, seconds or plain numbers
   * @throws FormulaException if there is no such param, the value is out of its range, or a
   *     window's length becomes so
   */
  public Formula withParams(Map<String, Double> values) {
    var remaining = new HashMap<>(values);
    var changed = new ArrayList<Param>();
    for (Param param : program.params()) {
      Double value = remaining.remove(param.name());
      if (value != null && !(value >= param.min() && value <= param.max())) {
        throw paramError(
            "the value %s of param '%s' is outside its range [%s, %s]"
                .formatted(value, param.name(), param.min(), param.max()));
      }
      changed.add(value == null ? param : param.withValue(value));
    }
    if (!remaining.isEmpty()) {
      throw paramError(
          "there is no param '%s'; the formula has %s"
              .formatted(
                  remaining.keySet().iterator().next(),
                  program.params().stream().map(Param::name).toList()));
    }
    return new Formula(source, program.withParams(List.copyOf(changed)), warnings);
  }

  private FormulaException paramError(String reason) {
    return source.error(new Span(0, 0), reason);
  }

  /**
   * How far back the limit can depend on the past: what to observe before the first decision. Zero
   * without windows.
   */
  public Duration lookback() {
    return plan.lookback();
  }

  /** A new evaluator that has seen nothing yet: the reference that compiled code is held to. */
  public Evaluator newEvaluator() {
    return new Interpreter(program, plan);
  }

  /** The same over columns; {@link CompiledFormula} is the fast way to the same limits. */
  public ColumnEvaluator newColumnEvaluator() {
    return new ColumnInterpreter(newEvaluator(), inputs().size());
  }

  /** The same as code. */
  CompiledProgram compile() {
    return CompiledProgram.of(program, plan);
  }

  @Override
  public String toString() {
    return canonicalText();
  }
}
