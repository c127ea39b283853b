package dev.headroom.engine.backtest;

import dev.headroom.engine.kernel.FormulaRule;
import dev.headroom.engine.kernel.ReplayPolicy;
import dev.headroom.formula.Formula;
import dev.headroom.model.Policy;

/**
 * A policy that is to be judged, with its formula parsed.
 *
 * @param policy name, cadence, lag and clamps
 * @param formula what decides; usually the policy's own text, or a tuned variant of it
 */
public record Candidate(Policy policy, Formula formula) {

  /**
   * The policy with its own text parsed.
   *
   * @throws dev.headroom.formula.FormulaException when the text is no formula
   */
  public static Candidate parse(Policy policy) {
    return new Candidate(policy, Formula.parse(policy.formulaText()));
  }

  /** The same as a replay runs it, compiled. */
  public ReplayPolicy replayPolicy() {
    return replayPolicy(false);
  }

  ReplayPolicy replayPolicy(boolean interpreted) {
    return ReplayPolicy.candidate(
        policy, interpreted ? FormulaRule.interpreted(formula) : FormulaRule.compiled(formula));
  }
}
