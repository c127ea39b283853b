package dev.headroom.engine.kernel;

import dev.headroom.formula.Evaluator;
import dev.headroom.formula.Formula;
import dev.headroom.formula.Input;
import java.util.ArrayList;
import java.util.List;

/** A formula as the rule of a policy: the same evaluator that runs live. */
public record FormulaRule(Formula formula) implements LimitRule {

  @Override
  public Run start(ReplayInput input) {
    List<double[]> columns = new ArrayList<>();
    for (Input each : formula.inputs()) {
      columns.add(input.column(each.inputName()));
    }
    return new FormulaRun(input, columns, formula.newEvaluator());
  }

  private record FormulaRun(ReplayInput input, List<double[]> columns, Evaluator evaluator)
      implements Run {

    @Override
    public void observe(int sample) {
      double[] values = new double[columns.size()];
      for (int column = 0; column < values.length; column++) {
        values[column] = columns.get(column)[sample];
      }
      evaluator.observe(input.sampledAtNs(sample), values);
    }

    @Override
    public double limitBytes(int sample) {
      return evaluator.evaluate();
    }
  }
}
