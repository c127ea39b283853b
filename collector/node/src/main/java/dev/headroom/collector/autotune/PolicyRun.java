package dev.headroom.collector.autotune;

import dev.headroom.formula.CompiledFormula;
import dev.headroom.formula.Evaluator;
import dev.headroom.formula.Formula;
import dev.headroom.formula.Input;
import dev.headroom.model.Policy;
import dev.headroom.model.Sample;
import dev.headroom.model.SampleInput;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/**
 * One policy at work on one instance, with the same compiled formula, inputs, cadence and bounds as
 * in a replay. Not thread-safe.
 */
final class PolicyRun {

  private static final long NS_PER_SECOND = 1_000_000_000;

  private final Policy policy;
  private final String policyId;
  private final List<Input> inputs;
  private final List<ToDoubleFunction<Sample>> readers;
  private final Evaluator evaluator;
  private @Nullable Instant askedAt;

  PolicyRun(PlannedPolicy planned) {
    this.policy = planned.policy();
    this.policyId = planned.policyId();
    Formula formula = Formula.parse(policy.formulaText());
    this.inputs = formula.inputs();
    this.readers = inputs.stream().map(input -> SampleInput.of(input.inputName())).toList();
    this.evaluator = CompiledFormula.of(formula).newEvaluator();
  }

  /**
   * Takes notice of a sample, and decides if a decision is due.
   *
   * @param sample never older than the one before
   * @param turn whether there was a turn in the instance's life since the one before
   */
  Optional<Evaluation> observe(Sample sample, boolean turn) {
    long began = System.nanoTime();
    double[] values =
        readers.stream().mapToDouble(reader -> reader.applyAsDouble(sample)).toArray();
    Instant now = sample.sampledAt();
    double result = Double.NaN;
    @Nullable String failure = null;
    try {
      evaluator.observe(
          Math.addExact(Math.multiplyExact(now.getEpochSecond(), NS_PER_SECOND), now.getNano()),
          values);
      if (!isDue(now, turn)) {
        return Optional.empty();
      }
      askedAt = now;
      result = evaluator.evaluate();
    } catch (RuntimeException failed) {
      // A defect in one formula must not keep the others from deciding.
      failure = "the formula failed: " + failed;
    }
    long tookNs = System.nanoTime() - began;
    OptionalLong limit = policy.limitBytes(result);
    @Nullable String reason =
        failure != null ? failure : limit.isPresent() ? null : reason(result, values);
    return Optional.of(
        new Evaluation(
            policyId,
            limit.isPresent() ? limit.getAsLong() : null,
            reason,
            present(values),
            tookNs));
  }

  private boolean isDue(Instant now, boolean turn) {
    if (askedAt == null) {
      return true;
    }
    return switch (policy.decidesOn()) {
      case CADENCE -> !now.isBefore(askedAt.plus(policy.cadence()));
      case EVENTS -> turn;
    };
  }

  private String reason(double result, double[] values) {
    List<String> absent =
        inputs.stream()
            .filter(input -> Double.isNaN(values[inputs.indexOf(input)]))
            .map(Input::inputName)
            .toList();
    return absent.isEmpty()
        ? "the formula gave " + result
        : "the formula gave %s; absent: %s".formatted(result, String.join(", ", absent));
  }

  private Map<String, Double> present(double[] values) {
    Map<String, Double> present = new HashMap<>();
    for (int i = 0; i < values.length; i++) {
      if (!Double.isNaN(values[i])) {
        present.put(inputs.get(i).inputName(), values[i]);
      }
    }
    return present;
  }
}
