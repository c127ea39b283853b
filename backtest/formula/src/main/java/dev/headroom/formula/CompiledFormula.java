package dev.headroom.formula;

import dev.headroom.formula.compile.CompiledProgram;

/**
 * A formula as bytecode that runs over columns: what replays and live loops run. It gives what
 * {@link Formula#newEvaluator} gives, bit by bit. Immutable; shared by any number of threads, each
 * with an evaluator of its own.
 */
public final class CompiledFormula {

  private final Formula formula;
  private final CompiledProgram program;

  private CompiledFormula(Formula formula) {
    this.formula = formula;
    this.program = formula.compile();
  }

  /** Compiles a formula, with the values its params have. Every formula can be compiled. */
  public static CompiledFormula of(Formula formula) {
    return new CompiledFormula(formula);
  }

  /** What was compiled. */
  public Formula formula() {
    return formula;
  }

  /** A new evaluator that has seen nothing yet. */
  public ColumnEvaluator newColumnEvaluator() {
    return program.newColumnEvaluator();
  }

  /** A new evaluator by the same code, for who meets samples one at a time. */
  public Evaluator newEvaluator() {
    return program.newEvaluator();
  }

  /** The hidden class whose code is run, for tests and diagnostics. */
  Class<?> kernelClass() {
    return program.kernelClass();
  }
}
