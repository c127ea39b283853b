package dev.headroom.cli;

import dev.headroom.model.Policy;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What makes a policy of a formula: when it decides, and within which bounds. For the components
 * see {@link Policy}.
 */
record PolicyRules(
    Policy.Trigger decidesOn,
    Duration cadence,
    Duration lag,
    @Nullable Long minimumBytes,
    @Nullable Long maximumBytes) {

  /** At every sample, at once and without bounds. */
  static final PolicyRules NONE =
      new PolicyRules(Policy.Trigger.CADENCE, Duration.ZERO, Duration.ZERO, null, null);

  /**
   * The policy of this formula.
   *
   * @throws CommandFailure when the bounds exclude each other
   */
  Policy policy(String name, String formulaText) {
    try {
      return new Policy(name, formulaText, decidesOn, cadence, lag, minimumBytes, maximumBytes);
    } catch (IllegalArgumentException e) {
      throw new CommandFailure(ExitCode.USAGE, String.valueOf(e.getMessage()), e);
    }
  }
}
