package dev.headroom.formula;

import java.util.Map;

/** Runs formulas on samples that a test writes by input. */
final class Formulas {

  private Formulas() {}

  /** What a formula yields at one sample, with every other input absent. */
  static double evaluate(String text, Map<Input, Double> sample) {
    Formula formula = Formula.parse(text);
    Evaluator evaluator = formula.newEvaluator();
    evaluator.observe(0, values(formula, sample));
    return evaluator.evaluate();
  }

  /** The values of a sample in the order the formula wants them. */
  static double[] values(Formula formula, Map<Input, Double> sample) {
    return formula.inputs().stream()
        .mapToDouble(input -> sample.getOrDefault(input, Double.NaN))
        .toArray();
  }
}
