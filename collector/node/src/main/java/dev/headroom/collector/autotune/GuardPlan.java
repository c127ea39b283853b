package dev.headroom.collector.autotune;

import dev.headroom.collector.guard.PolicyLimit;
import dev.headroom.model.GuardMode;
import dev.headroom.model.Policy;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What the guards of a node are told to do.
 *
 * @param mode whether they count nothing, count, or refuse
 * @param limit decides the limit that is counted against and, in enforce, refused under; absent for
 *     none
 * @param shadows decide the limits that are judged beside it and never refuse; at most eight
 */
public record GuardPlan(GuardMode mode, @Nullable Policy limit, List<Policy> shadows) {

  /** As many as a guard has places for. */
  public static final int MAX_SHADOWS = 8;

  /**
   * @throws IllegalArgumentException when the parts do not go together
   * @throws dev.headroom.formula.FormulaException when a formula is wrong
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
    policies(limit, shadows)
        .map(PolicyRun::policyId)
        .filter(id -> id.getBytes(StandardCharsets.UTF_8).length > PolicyLimit.MAX_POLICY_ID_BYTES)
        .findFirst()
        .ifPresent(id -> {
          throw new IllegalArgumentException(
              "a guard knows a limit by at most %d bytes, and '%s' is longer; give it a shorter name"
                  .formatted(PolicyLimit.MAX_POLICY_ID_BYTES, id));
        });
    if (policies(limit, shadows).map(PolicyRun::policyId).distinct().count()
        < policies(limit, shadows).count()) {
      throw new IllegalArgumentException("two of the limits have the same name and formula");
    }
  }

  private static Stream<Policy> policies(@Nullable Policy limit, List<Policy> shadows) {
    return Stream.concat(Stream.ofNullable(limit), shadows.stream());
  }
}
