package dev.headroom.collector;

import dev.headroom.collector.autotune.Autotune;
import dev.headroom.collector.autotune.Evaluation;
import dev.headroom.collector.autotune.GuardPlan;
import dev.headroom.collector.autotune.LimitDamping;
import dev.headroom.collector.autotune.PlanSource;
import dev.headroom.collector.autotune.PlannedPolicy;
import dev.headroom.collector.flag.StopFile;
import dev.headroom.collector.guard.GuardLink;
import dev.headroom.collector.guard.GuardOrder;
import dev.headroom.collector.guard.Guards;
import dev.headroom.collector.kernel.EventClock;
import dev.headroom.model.CollectorEvent;
import dev.headroom.model.Decision;
import dev.headroom.model.GuardMode;
import dev.headroom.model.InstanceId;
import dev.headroom.model.Sample;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Does what the plans' policies decided: tells the guards, sample by sample, and records each
 * decision. Used by one thread.
 *
 * <p>Every order renews the lease, so it runs out when samples stop. Whatever keeps a new decision
 * from being made leaves the last one in force for a bounded time; then the lease is left to run
 * out, and the guard does what its server's settings say.
 */
final class GuardSteering {

  private static final String STOPPED = "every guard of the node is stopped: ";

  private final PlanSource plans;
  private final Bounds bounds;
  private final LimitDamping damping;
  private final StopFile stopFile;
  private final Guards guards;
  private final LifeTurns turns;
  private final EventClock clock;
  private final EventRecorder recorder;
  private final CollectorMetrics metrics;
  private final Map<InstanceId, Steered> steered = new HashMap<>();
  private @Nullable String stoppedWhy;

  /**
   * How long things hold.
   *
   * @param lease a guard that is not told again lets go after this
   * @param hold nothing new can be decided: what was decided last holds for this long
   */
  record Bounds(Duration lease, Duration hold) {

    /** What passes sooner is not worth an event. */
    Duration silence() {
      return lease.compareTo(hold) < 0 ? lease : hold;
    }
  }

  /** One instance's guard. */
  private static final class Steered {
    private @Nullable Autotune autotune;
    private @Nullable Instant sampledAt;
    private @Nullable Instant troubleSince;
    private boolean held;
    private boolean released;
  }

  /** Why nothing new is decided, and since when; {@code over} when nothing old holds either. */
  private record Trouble(String why, Instant since, boolean over) {}

  GuardSteering(
      PlanSource plans,
      Bounds bounds,
      LimitDamping damping,
      StopFile stopFile,
      Guards guards,
      LifeTurns turns,
      EventClock clock,
      EventRecorder recorder,
      CollectorMetrics metrics) {
    this.plans = plans;
    this.bounds = bounds;
    this.damping = damping;
    this.stopFile = stopFile;
    this.guards = guards;
    this.turns = turns;
    this.clock = clock;
    this.recorder = recorder;
    this.metrics = metrics;
  }

  /** Forgets every instance but these. */
  void retain(Set<InstanceId> watched) {
    steered.keySet().retainAll(watched);
  }

  /** Decides at a sample that was just taken, and acts. */
  void steer(Sample sample, Map<String, String> labels) {
    InstanceId id = sample.instanceId();
    @Nullable String stop = lookForStop();
    Steered one = steered.computeIfAbsent(id, _ -> new Steered());
    if (one.sampledAt != null && sample.sampledAt().isBefore(one.sampledAt)) {
      recorder.fail(
          id, new IOException("a sample is older than the one before it: nothing is decided"));
      return;
    }
    one.sampledAt = sample.sampledAt();
    @Nullable Trouble trouble = follow(one, plans.guide(id, labels), sample.sampledAt());
    Autotune autotune = one.autotune;
    if (autotune == null) {
      if (stop != null) {
        push(id, GuardPlan.OFF, null);
      }
      if (trouble != null && isPast(trouble, bounds.silence())) {
        tell(id, one, trouble);
      }
      return;
    }
    Autotune.Round round = autotune.observe(sample, turns.take(id));
    trouble = trouble == null ? troubleOf(round) : trouble;
    @Nullable String obstacle;
    if (stop != null) {
      @Nullable String refused = push(id, GuardPlan.OFF, null);
      obstacle = refused == null ? STOPPED + stop : refused;
    } else if (trouble != null && isOver(trouble) && autotune.plan().mode() != GuardMode.OFF) {
      obstacle = "the guard is let go: " + trouble.why();
    } else if (age(sample).compareTo(bounds.lease()) > 0) {
      trouble = new Trouble("samples come too late to act on", sample.sampledAt(), false);
      obstacle = trouble.why();
    } else {
      obstacle = push(id, autotune.plan(), round);
    }
    tell(id, one, trouble);
    record(sample, round, obstacle);
  }

  /** Takes over a plan, if there is one; gives what is in the way otherwise. */
  private @Nullable Trouble follow(Steered one, PlanSource.Guidance guidance, Instant now) {
    switch (guidance) {
      case PlanSource.Lead(GuardPlan plan) -> lead(one, plan);
      case PlanSource.Leave() -> {
        if (one.autotune != null) {
          lead(one, GuardPlan.OFF);
        }
      }
      case PlanSource.Hold(String why) -> {
        one.troubleSince = one.troubleSince == null ? now : one.troubleSince;
        return new Trouble(why, one.troubleSince, false);
      }
      case PlanSource.Release(String why) -> {
        one.troubleSince = one.troubleSince == null ? now : one.troubleSince;
        return new Trouble(why, one.troubleSince, true);
      }
    }
    one.troubleSince = null;
    return null;
  }

  private void lead(Steered one, GuardPlan plan) {
    if (one.autotune == null) {
      one.autotune = new Autotune(plan, damping);
    } else {
      one.autotune.follow(plan);
    }
  }

  private static @Nullable Trouble troubleOf(Autotune.Round round) {
    return round
        .unanswered()
        .map(none ->
            new Trouble(
                "policy %s gives no limit: %s".formatted(none.policyId(), none.reason()),
                none.since(),
                false))
        .orElse(null);
  }

  private boolean isOver(Trouble trouble) {
    return trouble.over() || isPast(trouble, bounds.hold());
  }

  private boolean isPast(Trouble trouble, Duration bound) {
    return Duration.between(trouble.since(), clock.now()).compareTo(bound) > 0;
  }

  private Duration age(Sample sample) {
    return Duration.between(sample.sampledAt(), clock.now());
  }

  /** Tells once when a guard is held, once when it is let go, and once when that is over. */
  private void tell(InstanceId id, Steered one, @Nullable Trouble trouble) {
    if (trouble == null) {
      if (one.held || one.released) {
        recorder.tell(
            CollectorEvent.Kind.STEERING_RESUMED, id, null, null, "the guard is led again");
      }
      one.held = false;
      one.released = false;
      return;
    }
    Duration lasted = Duration.between(trouble.since(), clock.now());
    boolean over = isOver(trouble);
    if (over && !one.released) {
      one.released = true;
      recorder.tell(
          CollectorEvent.Kind.STEERING_RELEASED,
          id,
          null,
          lasted,
          "the guard's lease is left to run out: " + trouble.why());
    } else if (!over && !one.held && isPast(trouble, bounds.silence())) {
      one.held = true;
      recorder.tell(
          CollectorEvent.Kind.STEERING_HELD,
          id,
          null,
          lasted,
          "the last decision stays in force: " + trouble.why());
    }
  }

  private @Nullable String lookForStop() {
    @Nullable String why = stopFile.findReason().orElse(null);
    if (why != null && stoppedWhy == null) {
      recorder.tell(CollectorEvent.Kind.GUARDS_STOPPED, null, null, null, STOPPED + why);
    } else if (why == null && stoppedWhy != null) {
      recorder.tell(
          CollectorEvent.Kind.GUARDS_RESUMED, null, null, null, "the node's stop was lifted");
    }
    stoppedWhy = why;
    return why;
  }

  /** Tells the guard; returns why it was not told, and nothing when it was. */
  private @Nullable String push(InstanceId id, GuardPlan plan, Autotune.@Nullable Round round) {
    GuardOrder order =
        round == null
            ? new GuardOrder(plan.mode(), bounds.lease(), Optional.empty(), List.of())
            : new GuardOrder(plan.mode(), bounds.lease(), round.limit(), round.shadows());
    try {
      Optional<GuardLink> guard = guards.find(id);
      return guard.isPresent() && guard.get().push(order) ? null : "no guard is loaded";
    } catch (IOException refused) {
      recorder.fail(id, refused);
      return refused.getMessage();
    }
  }

  private void record(Sample sample, Autotune.Round round, @Nullable String obstacle) {
    for (Autotune.Due due : round.decisions()) {
      Evaluation evaluation = due.evaluation();
      PlannedPolicy policy = due.policy();
      boolean decided = evaluation.limitBytes() != null;
      @Nullable String inTheWay = obstacle == null ? due.heldBack() : obstacle;
      recorder.record(
          new Decision(
              sample.instanceId(),
              sample.sampledAt(),
              evaluation.policyId(),
              evaluation.limitBytes(),
              due.mode(),
              decided && inTheWay == null,
              decided ? inTheWay : evaluation.reason(),
              evaluation.inputs(),
              evaluation.tookNs(),
              policy.rolloutId(),
              policy.assignmentProbability()));
      metrics.decided(decided);
    }
  }
}
