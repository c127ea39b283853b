package dev.headroom.collector;

import dev.headroom.collector.autotune.Autotune;
import dev.headroom.collector.autotune.Evaluation;
import dev.headroom.collector.autotune.GuardPlan;
import dev.headroom.collector.guard.GuardLink;
import dev.headroom.collector.guard.GuardOrder;
import dev.headroom.collector.guard.Guards;
import dev.headroom.model.Decision;
import dev.headroom.model.InstanceId;
import dev.headroom.model.Sample;
import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Does what the plan's policies decided: tells the guards, sample by sample, and records each
 * decision. Every order renews the lease, so it runs out when samples stop. Used by one thread.
 */
final class GuardSteering {

  private final GuardPlan plan;
  private final Duration lease;
  private final Guards guards;
  private final EventRecorder recorder;
  private final CollectorMetrics metrics;
  private final Map<InstanceId, Autotune> autotunes = new HashMap<>();

  GuardSteering(
      GuardPlan plan,
      Duration lease,
      Guards guards,
      EventRecorder recorder,
      CollectorMetrics metrics) {
    this.plan = plan;
    this.lease = lease;
    this.guards = guards;
    this.recorder = recorder;
    this.metrics = metrics;
  }

  /** Decides at a sample that was just taken, and acts. */
  void steer(Sample sample) {
    InstanceId id = sample.instanceId();
    Autotune.Round round = autotunes.computeIfAbsent(id, _ -> new Autotune(plan)).observe(sample);
    @Nullable String obstacle = push(id, round);
    for (Autotune.Due due : round.decisions()) {
      Evaluation evaluation = due.evaluation();
      boolean decided = evaluation.limitBytes() != null;
      recorder.record(
          new Decision(
              id,
              sample.sampledAt(),
              evaluation.policyId(),
              evaluation.limitBytes(),
              due.mode(),
              decided && obstacle == null,
              decided ? obstacle : evaluation.reason(),
              evaluation.inputs(),
              evaluation.tookNs()));
      metrics.decided(decided);
    }
  }

  /** Tells the guard; returns why it was not told, and nothing when it was. */
  private @Nullable String push(InstanceId id, Autotune.Round round) {
    GuardOrder order = new GuardOrder(plan.mode(), lease, round.limit(), round.shadows());
    try {
      Optional<GuardLink> guard = guards.find(id);
      return guard.isPresent() && guard.get().push(order) ? null : "no guard is loaded";
    } catch (IOException refused) {
      recorder.fail(id, refused);
      return refused.getMessage();
    }
  }
}
