package dev.headroom.collector.autotune;

import dev.headroom.collector.guard.PolicyLimit;
import dev.headroom.model.GuardMode;
import dev.headroom.model.Sample;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The policies of a plan at work on one instance. It decides and does nothing: what it wants is a
 * {@link Round}. Not thread-safe.
 */
public final class Autotune {

  private final GuardMode mode;
  private final @Nullable Work limit;
  private final List<Work> shadows;

  /**
   * What is wanted after a sample.
   *
   * @param decisions those that were due, with the mode each is meant for
   * @param limit the limit last decided; empty before the first
   * @param shadows likewise, each in its place
   */
  public record Round(
      List<Due> decisions, Optional<PolicyLimit> limit, List<Optional<PolicyLimit>> shadows) {

    public Round {
      decisions = List.copyOf(decisions);
      shadows = List.copyOf(shadows);
    }
  }

  /** A decision that was due, and what its limit is for. */
  public record Due(Evaluation evaluation, GuardMode mode) {}

  /** A policy with what it decided last: what has no answer lets that stay. */
  private static final class Work {
    private final PolicyRun run;
    private final GuardMode mode;
    private @Nullable PolicyLimit last;

    Work(PolicyRun run, GuardMode mode) {
      this.run = run;
      this.mode = mode;
    }

    Optional<Due> observe(Sample sample) {
      Optional<Evaluation> evaluation = run.observe(sample);
      evaluation.ifPresent(made -> {
        if (made.limitBytes() != null) {
          last = new PolicyLimit(made.policyId(), made.limitBytes());
        }
      });
      return evaluation.map(made -> new Due(made, mode));
    }

    Optional<PolicyLimit> last() {
      return Optional.ofNullable(last);
    }
  }

  public Autotune(GuardPlan plan) {
    this.mode = plan.mode();
    this.limit = plan.limit() == null ? null : new Work(new PolicyRun(plan.limit()), mode);
    this.shadows =
        plan.shadows().stream()
            .map(policy -> new Work(new PolicyRun(policy), GuardMode.SHADOW))
            .toList();
  }

  /**
   * Takes notice of a sample.
   *
   * @param sample never older than the one before
   */
  public Round observe(Sample sample) {
    List<Due> due = new ArrayList<>();
    if (limit != null) {
      limit.observe(sample).ifPresent(due::add);
    }
    shadows.forEach(each -> each.observe(sample).ifPresent(due::add));
    return new Round(
        due,
        limit == null ? Optional.empty() : limit.last(),
        shadows.stream().map(Work::last).toList());
  }
}
