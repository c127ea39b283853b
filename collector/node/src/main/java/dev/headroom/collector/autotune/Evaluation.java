package dev.headroom.collector.autotune;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a policy said at a sample.
 *
 * @param policyId whose
 * @param limitBytes the limit decided; absent for no decision, and then what was decided before
 *     stays
 * @param reason why there is no decision; absent when there is one
 * @param inputs the formula's inputs by name; an absent input is missing
 * @param tookNs how long it took
 */
public record Evaluation(
    String policyId,
    @Nullable Long limitBytes,
    @Nullable String reason,
    Map<String, Double> inputs,
    long tookNs) {

  public Evaluation {
    inputs = Map.copyOf(inputs);
  }
}
