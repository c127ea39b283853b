package dev.headroom.formula;

/**
 * A formula made ready to be evaluated over columns. Immutable; shared by any number of threads.
 */
public final class CompiledFormula {

  private final Formula formula;

  private CompiledFormula(Formula formula) {
    this.formula = formula;
  }

  /** Compiles a formula, with the values its params have. */
  public static CompiledFormula of(Formula formula) {
    return new CompiledFormula(formula);
  }

  /** What was compiled. */
  public Formula formula() {
    return formula;
  }

  /** A new evaluator that has seen nothing yet. */
  public ColumnEvaluator newColumnEvaluator() {
    return formula.newColumnEvaluator();
  }
}
