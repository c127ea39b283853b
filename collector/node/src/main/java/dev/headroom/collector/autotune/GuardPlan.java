package dev.headroom.collector.autotune;

import dev.headroom.model.GuardMode;
import dev.headroom.model.Policy;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What a guard is told to do.
 *
 * @param mode whether it counts nothing, counts, or refuses
 * @param limit decides the limit that is counted against and, in enforce, refused under; absent for
 *     none
 * @param shadows decide the limits that are judged beside it and never refuse; at most eight
 */
public record GuardPlan(
    GuardMode mode, @Nullable PlannedPolicy limit, List<PlannedPolicy> shadows) {

  /** As many as a guard has places for. */
  public static final int MAX_SHADOWS = 8;

  /** It judges nothing. */
  public static final GuardPlan OFF = new GuardPlan(GuardMode.OFF, null, List.of());

  /**
   * @throws IllegalArgumentException when the parts do not go together
   */
  public GuardPlan {
    shadows = List.copyOf(shadows);
    if (mode == GuardMode.ENFORCE && limit == null) {
      throw new IllegalArgumentException("a guard that enforces needs a limit's formula");
    }
    if (mode == GuardMode.OFF && (limit != null || !shadows.isEmpty())) {
      throw new IllegalArgumentException(
          "a guard that is off judges no limit; choose shadow or enforce, or leave the formulas out");
    }
    if (shadows.size() > MAX_SHADOWS) {
      throw new IllegalArgumentException(
          "a guard judges at most %d shadow limits, not %d".formatted(MAX_SHADOWS, shadows.size()));
    }
    long ids = policies(limit, shadows).map(PlannedPolicy::policyId).distinct().count();
    if (ids < policies(limit, shadows).count()) {
      throw new IllegalArgumentException("two of the limits have the same name and formula");
    }
  }

  /**
   * A plan of policies that are in no catalogue.
   *
   * @throws IllegalArgumentException when the parts do not go together
   * @throws dev.headroom.formula.FormulaException when a formula is wrong
   */
  public static GuardPlan of(GuardMode mode, @Nullable Policy limit, List<Policy> shadows) {
    return new GuardPlan(
        mode,
        limit == null ? null : PlannedPolicy.of(limit),
        shadows.stream().map(PlannedPolicy::of).toList());
  }

  private static Stream<PlannedPolicy> policies(
      @Nullable PlannedPolicy limit, List<PlannedPolicy> shadows) {
    return Stream.concat(Stream.ofNullable(limit), shadows.stream());
  }
}
