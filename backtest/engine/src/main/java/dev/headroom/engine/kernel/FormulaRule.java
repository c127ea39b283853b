package dev.headroom.engine.kernel;

import dev.headroom.formula.ColumnEvaluator;
import dev.headroom.formula.CompiledFormula;
import dev.headroom.formula.Formula;
import dev.headroom.formula.Input;
import dev.headroom.model.InstanceId;
import java.util.List;
import java.util.function.Supplier;

/** A formula as the rule of a policy: the same formula that runs live. */
public final class FormulaRule implements LimitRule {

  private final List<String> inputs;
  private final Supplier<ColumnEvaluator> evaluators;

  private FormulaRule(Formula formula, Supplier<ColumnEvaluator> evaluators) {
    this.inputs = formula.inputs().stream().map(Input::inputName).toList();
    this.evaluators = evaluators;
  }

  /** Compiled: the fast way. */
  public static FormulaRule compiled(Formula formula) {
    CompiledFormula compiled = CompiledFormula.of(formula);
    return new FormulaRule(formula, compiled::newColumnEvaluator);
  }

  /** Interpreted: the reference, with the same limits bit by bit. */
  public static FormulaRule interpreted(Formula formula) {
    return new FormulaRule(formula, formula::newColumnEvaluator);
  }

  @Override
  public Run start(InstanceId instance) {
    ColumnEvaluator evaluator = evaluators.get();
    double[][] columns = new double[inputs.size()][];
    return (chunk, limitBytes) -> {
      for (int input = 0; input < columns.length; input++) {
        columns[input] = chunk.input(inputs.get(input));
      }
      evaluator.evaluate(chunk.timeNs(), columns, 0, chunk.size(), limitBytes);
    };
  }
}
