package dev.headroom.collector.autotune;

import dev.headroom.collector.autotune.LimitDamping.Damped;
import dev.headroom.collector.guard.PolicyLimit;
import dev.headroom.model.GuardMode;
import dev.headroom.model.Sample;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The policies of a plan at work on one instance. It decides and does nothing: what it wants is a
 * {@link Round}. Not thread-safe.
 */
public final class Autotune {

  private final LimitDamping damping;
  private GuardPlan plan = GuardPlan.OFF;
  private @Nullable Work limit;
  private List<Work> shadows = List.of();
  private @Nullable PolicyLimit inForce;
  private @Nullable Instant observedAt;

  /**
   * What is wanted after a sample.
   *
   * @param decisions those that were due, with the mode each is meant for
   * @param limit the limit to be in force; empty before the first
   * @param shadows the limits last decided, each in its place
   * @param unanswered what the policy in force last said instead of a limit, and since when it
   *     gives none; empty while it gives one
   */
  public record Round(
      List<Due> decisions,
      Optional<PolicyLimit> limit,
      List<Optional<PolicyLimit>> shadows,
      Optional<Unanswered> unanswered) {

    public Round {
      decisions = List.copyOf(decisions);
      shadows = List.copyOf(shadows);
    }
  }

  /**
   * A decision that was due, and what its limit is for.
   *
   * @param heldBack why another limit than the decided one is in force; absent when none is
   */
  public record Due(
      Evaluation evaluation, PlannedPolicy policy, GuardMode mode, @Nullable String heldBack) {}

  /** A policy that gives no limit. */
  public record Unanswered(Instant since, String policyId, String reason) {}

  /** A policy with what it decided last: what has no answer lets that stay. */
  private static final class Work {
    private final PolicyRun run;
    private PlannedPolicy policy;
    private @Nullable PolicyLimit last;
    private @Nullable Unanswered unanswered;

    Work(PlannedPolicy policy) {
      this.policy = policy;
      this.run = new PolicyRun(policy);
    }

    Optional<Evaluation> observe(Sample sample, boolean turn) {
      Optional<Evaluation> evaluation = run.observe(sample, turn);
      evaluation.ifPresent(made -> {
        if (made.limitBytes() != null) {
          last = new PolicyLimit(made.policyId(), made.limitBytes());
          unanswered = null;
        } else {
          Instant since = unanswered == null ? sample.sampledAt() : unanswered.since();
          unanswered =
              new Unanswered(
                  since, made.policyId(), Objects.requireNonNullElse(made.reason(), "no reason"));
        }
      });
      return evaluation;
    }

    Optional<PolicyLimit> last() {
      return Optional.ofNullable(last);
    }
  }

  public Autotune(GuardPlan plan, LimitDamping damping) {
    this.damping = damping;
    follow(plan);
  }

  /**
   * Goes on by another plan. A policy that stays, in whatever place, keeps its past and what it
   * decided last.
   */
  public void follow(GuardPlan next) {
    if (next.equals(plan)) {
      return;
    }
    List<Work> before = Stream.concat(Stream.ofNullable(limit), shadows.stream()).toList();
    limit = next.limit() == null ? null : take(before, next.limit());
    shadows = next.shadows().stream().map(policy -> take(before, policy)).toList();
    if (next.mode() != plan.mode() || next.limit() == null) {
      // What was in force in another mode held nobody back: there is nothing to rise from.
      inForce = null;
    }
    plan = next;
  }

  private static Work take(List<Work> before, PlannedPolicy policy) {
    for (Work work : before) {
      if (work.policy.policyId().equals(policy.policyId())
          && work.policy.policy().equals(policy.policy())) {
        work.policy = policy;
        return work;
      }
    }
    return new Work(policy);
  }

  public GuardPlan plan() {
    return plan;
  }

  /**
   * Takes notice of a sample.
   *
   * @param sample never older than the one before
   * @param turn whether the instance started, became ready or was reloaded since the one before
   */
  public Round observe(Sample sample, boolean turn) {
    List<Due> due = new ArrayList<>();
    Duration elapsed =
        observedAt == null ? Duration.ZERO : Duration.between(observedAt, sample.sampledAt());
    observedAt = sample.sampledAt();
    Work leading = limit;
    if (leading != null) {
      Optional<Evaluation> evaluation = leading.observe(sample, turn);
      Optional<Damped> damped =
          leading.last().map(wanted -> damping.damp(wanted, inForce, elapsed));
      inForce = damped.map(Damped::limit).orElse(null);
      evaluation.ifPresent(made ->
          due.add(
              new Due(made, leading.policy, plan.mode(), damped.map(Damped::why).orElse(null))));
    }
    for (Work shadow : shadows) {
      shadow
          .observe(sample, turn)
          .ifPresent(made -> due.add(new Due(made, shadow.policy, GuardMode.SHADOW, null)));
    }
    return new Round(
        due,
        Optional.ofNullable(inForce),
        shadows.stream().map(Work::last).toList(),
        Optional.ofNullable(leading == null ? null : leading.unanswered));
  }
}
