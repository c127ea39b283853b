package dev.headroom.engine.search;

import dev.headroom.engine.backtest.Candidate;
import dev.headroom.formula.Param;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.apache.commons.math3.exception.TooManyEvaluationsException;
import org.apache.commons.math3.optim.InitialGuess;
import org.apache.commons.math3.optim.MaxEval;
import org.apache.commons.math3.optim.SimpleBounds;
import org.apache.commons.math3.optim.nonlinear.scalar.GoalType;
import org.apache.commons.math3.optim.nonlinear.scalar.ObjectiveFunction;
import org.apache.commons.math3.optim.nonlinear.scalar.noderiv.CMAESOptimizer;
import org.apache.commons.math3.random.MersenneTwister;

/**
 * One formula's params moved by CMA-ES (Hansen 2001, from Commons Math) to where the cost is least.
 * A cost is a step function of the params, so an optimiser that needs no gradient is wanted.
 *
 * <p>Variants that were scored before are remembered: they cost an evaluation but no replay.
 */
final class Tuning {

  /** A third of the range, as the method's authors advise. */
  private static final double FIRST_STEP = 0.3;

  private final Candidate candidate;
  private final long seed;
  private final int evaluations;
  private final Function<Candidate, Score> replay;
  private final Map<String, Score> scores = new LinkedHashMap<>();

  Tuning(Candidate candidate, long seed, int evaluations, Function<Candidate, Score> replay) {
    if (evaluations < 1) {
      throw new IllegalArgumentException("a tuning evaluates 1 or more, not " + evaluations);
    }
    this.candidate = candidate;
    this.seed = seed;
    this.evaluations = evaluations;
    this.replay = replay;
  }

  /**
   * Every variant that was scored, in the order of the trial; the formula as it stands is first.
   */
  List<Score> run() {
    score(candidate);
    List<Param> params = candidate.formula().params();
    if (!params.isEmpty() && evaluations > 1) {
      optimise(params);
    }
    return List.copyOf(scores.values());
  }

  private void optimise(List<Param> params) {
    int dimensions = params.size();
    double[] lowest = new double[dimensions];
    double[] highest = new double[dimensions];
    double[] step = new double[dimensions];
    Arrays.fill(highest, 1);
    Arrays.fill(step, FIRST_STEP);
    int population = 4 + (int) (3 * Math.log(dimensions));
    CMAESOptimizer optimizer =
        new CMAESOptimizer(
            evaluations,
            Double.NEGATIVE_INFINITY,
            true,
            0,
            0,
            new MersenneTwister(seed),
            false,
            (iteration, _, _) -> iteration * population >= evaluations);
    try {
      optimizer.optimize(
          new MaxEval(evaluations - 1),
          new ObjectiveFunction(places -> score(Variants.at(candidate, places)).cost()),
          GoalType.MINIMIZE,
          new SimpleBounds(lowest, highest),
          new InitialGuess(params.stream().mapToDouble(Variants::place).toArray()),
          new CMAESOptimizer.Sigma(step),
          new CMAESOptimizer.PopulationSize(population));
    } catch (TooManyEvaluationsException expected) {
      // That is how it ends: what was scored is kept here, and the best of it is taken.
    }
  }

  private Score score(Candidate variant) {
    return scores.computeIfAbsent(variant.formula().astHash(), _ -> replay.apply(variant));
  }
}
