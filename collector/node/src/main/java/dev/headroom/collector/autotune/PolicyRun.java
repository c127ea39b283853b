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

  private static final int HASH_DIGITS = 8;
  private static final long NS_PER_SECOND = 1_000_000_000;

  private final Policy policy;
  private final String policyId;
  private final List<Input> inputs;
  private final List<ToDoubleFunction<Sample>> readers;
  private final Evaluator evaluator;
  private @Nullable Instant askedAt;

  PolicyRun(Policy policy) {
    Formula formula = Formula.parse(policy.formulaText());
    this.policy = policy;
    this.policyId = policyId(policy);
    this.inputs = formula.inputs();
    this.readers = inputs.stream().map(input -> SampleInput.of(input.inputName())).toList();
    this.evaluator = CompiledFormula.of(formula).newEvaluator();
  }

  /** Names a policy that is in no catalogue: equal names and formulas have equal ids. */
  static String policyId(Policy policy) {
    String hash = Formula.parse(policy.formulaText()).astHash();
    return policy.name() + "@" + hash.substring(0, HASH_DIGITS);
  }

  /**
   * Takes notice of a sample, and decides if a decision is due.
   *
   * @param sample never older than the one before
   */
  Optional<Evaluation> observe(Sample sample) {
    long began = System.nanoTime();
    double[] values =
        readers.stream().mapToDouble(reader -> reader.applyAsDouble(sample)).toArray();
    Instant now = sample.sampledAt();
    evaluator.observe(
        Math.addExact(Math.multiplyExact(now.getEpochSecond(), NS_PER_SECOND), now.getNano()),
        values);
    if (askedAt != null && now.isBefore(askedAt.plus(policy.cadence()))) {
      return Optional.empty();
    }
    askedAt = now;
    double result = evaluator.evaluate();
    long tookNs = System.nanoTime() - began;
    OptionalLong limit = policy.limitBytes(result);
    return Optional.of(
        new Evaluation(
            policyId,
            limit.isPresent() ? limit.getAsLong() : null,
            limit.isPresent() ? null : reason(result, values),
            present(values),
            tookNs));
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
