package dev.headroom.collector;

import dev.headroom.collector.duty.Duty;
import dev.headroom.collector.kernel.EventClock;
import dev.headroom.collector.sampling.Cadence;
import dev.headroom.collector.sampling.InstanceSampler;
import dev.headroom.collector.sampling.ProcessCache;
import dev.headroom.collector.sampling.SamplingPlan;
import dev.headroom.collector.spool.Spool;
import dev.headroom.model.CollectorEvent;
import dev.headroom.model.Fact;
import dev.headroom.model.InstanceId;
import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Samples every watched instance when its next sample is due. */
final class SamplingDuty implements Duty {

  private static final Duration IDLE_WAIT = Duration.ofMillis(200);
  private static final long NS_PER_US = 1_000;

  private final EventClock clock;
  private final InstanceRegistry registry;
  private final ProcessCache processes;
  private final ReadyWatch readyWatch;
  private final Spool spool;
  private final EventRecorder recorder;
  private final CollectorMetrics metrics;
  private final Cadence cadence;
  private final GuardSteering steering;
  private final Map<InstanceId, SamplingPlan> plans = new HashMap<>();

  /**
   * @param steering leads the guards
   */
  SamplingDuty(
      EventClock clock,
      InstanceRegistry registry,
      ProcessCache processes,
      ReadyWatch readyWatch,
      Spool spool,
      EventRecorder recorder,
      CollectorMetrics metrics,
      Cadence cadence,
      GuardSteering steering) {
    this.clock = clock;
    this.registry = registry;
    this.processes = processes;
    this.readyWatch = readyWatch;
    this.spool = spool;
    this.recorder = recorder;
    this.metrics = metrics;
    this.cadence = cadence;
    this.steering = steering;
  }

  @Override
  public String name() {
    return "sampling";
  }

  @Override
  public Duration doWork() {
    Set<InstanceId> watched = registry.watchedIds();
    plans.keySet().retainAll(watched);
    steering.retain(watched);
    long wait = IDLE_WAIT.toNanos();
    for (InstanceRegistry.Watched instance : registry.listWatched()) {
      SamplingPlan plan =
          plans.computeIfAbsent(
              instance.id(),
              id -> {
                tellOfAbsence(id);
                return new SamplingPlan(cadence, System.nanoTime());
              });
      if (plan.isDue(System.nanoTime())) {
        sample(instance, plan);
      }
      wait = Math.min(wait, plan.dueInNs(System.nanoTime()));
    }
    return Duration.ofNanos(Math.max(wait, 1));
  }

  /** An instance that was sampled by an earlier collector has a gap since. */
  private void tellOfAbsence(InstanceId id) {
    processes
        .findLastSight(id)
        .map(lastSight -> Duration.between(lastSight, clock.now()))
        .filter(absence -> absence.compareTo(cadence.slow().multipliedBy(3)) > 0)
        .ifPresent(absence ->
            recorder.tell(
                CollectorEvent.Kind.GAP,
                id,
                absence.dividedBy(cadence.slow()) - 1,
                absence,
                "no collector was running"));
  }

  private void sample(InstanceRegistry.Watched instance, SamplingPlan plan) {
    InstanceSampler sampler = instance.sampler();
    long began = System.nanoTime();
    long vanishedBefore = sampler.vanishedCount();
    InstanceSampler.Look look = sampler.sample(processes.latestOf(sampler.instanceId()));
    processes.update(look.processes(), look.sample().sampledAt());
    readyWatch.look(look);
    steering.steer(look.sample(), instance.labels());
    Optional<SamplingPlan.Gap> gap = plan.sampled(look.sample(), began);
    long waitUs = plan.currentWait().toNanos() / NS_PER_US;
    try {
      spool.append(look.sample().with(Fact.SAMPLING_WAIT, waitUs));
    } catch (IOException refused) {
      recorder.fail(sampler.instanceId(), refused);
    }
    metrics.vanished(sampler.vanishedCount() - vanishedBefore);
    metrics.sampled(Duration.ofNanos(System.nanoTime() - began));
    gap.ifPresent(late ->
        recorder.tell(
            CollectorEvent.Kind.GAP,
            sampler.instanceId(),
            late.missed(),
            late.duration(),
            "samples came late"));
  }
}
