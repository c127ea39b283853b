package dev.headroom.promotion;

import dev.headroom.model.BacktestRun;
import dev.headroom.model.Recording;
import dev.headroom.model.rollout.Rollout;
import dev.headroom.model.rollout.RolloutEvent;
import dev.headroom.model.rollout.RolloutStep;
import dev.headroom.store.BacktestStore;
import dev.headroom.store.PolicyStore;
import dev.headroom.store.RecordingStore;
import dev.headroom.store.RolloutActivityStore;
import dev.headroom.store.RolloutStore;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/** Reads from the database what gates look at. Safe for use by several threads. */
final class SituationReader {

  private static final double MS_IN_A_DAY = Duration.ofDays(1).toMillis();
  private static final int MOST_KEPT = 100;

  private final RolloutStore rollouts;
  private final PolicyStore policies;
  private final BacktestStore runs;
  private final RecordingStore recordings;
  private final RolloutActivityStore activities;

  /** A run never changes, and its result may be long. */
  private final Map<Key, Optional<BacktestEvidence>> known = new ConcurrentHashMap<>();

  private record Key(UUID runId, String policyId) {}

  SituationReader(DataSource dataSource) {
    rollouts = new RolloutStore(dataSource);
    policies = new PolicyStore(dataSource);
    runs = new BacktestStore(dataSource);
    recordings = new RecordingStore(dataSource);
    activities = new RolloutActivityStore(dataSource);
  }

  /**
   * The situation of a rollout.
   *
   * @param runId the run to judge by; absent for the one its history names last
   */
  Situation read(RolloutStore.Kept kept, @Nullable UUID runId, Instant now) {
    Rollout rollout = kept.rollout();
    GateSettings settings = GateSettings.parse(kept.gatesJson());
    List<RolloutEvent> history = rollouts.history(rollout.rolloutId());
    Instant stageSince = rollout.createdAt();
    RolloutStep approval = null;
    UUID lastRun = null;
    for (RolloutEvent event : history) {
      RolloutStep step = event.step();
      if (step.kind() == RolloutStep.Kind.TRANSITION) {
        stageSince = step.occurredAt();
      }
      approval = step.approver() == null ? approval : step;
      lastRun = step.runId() == null ? lastRun : step.runId();
    }
    UUID judgedBy = runId == null ? lastRun : runId;
    Optional<BacktestEvidence> evidence =
        judgedBy == null ? Optional.empty() : evidence(judgedBy, rollout.policyId());
    double watchDays =
        Gates.watchDays(rollout, settings, evidence, activities.countInstances(rollout));
    Instant watchSince = watchSince(stageSince, now, watchDays);
    Instant troublesSince =
        rollout.changedAt().isAfter(watchSince) ? rollout.changedAt() : watchSince;
    return new Situation(
        rollout,
        settings,
        evidence.orElse(null),
        approval,
        stageSince,
        watchSince,
        watchDays,
        activities.read(
            rollout,
            watchSince,
            now,
            troublesSince,
            Duration.ofMillis(settings.decisionStandsMs())),
        now);
  }

  /** What a stored run says of a policy; empty when it judged another one or is gone. */
  Optional<BacktestEvidence> evidence(UUID runId, String policyId) {
    if (known.size() > MOST_KEPT) {
      known.clear();
    }
    return known.computeIfAbsent(
        new Key(runId, policyId),
        key -> {
          Optional<BacktestRun> run = runs.find(runId);
          return policies
              .find(policyId)
              .flatMap(policy ->
                  run.flatMap(
                      each -> BacktestEvidence.find(each, recordingEnd(each), policy.policy())));
        });
  }

  /** Where the recording of a run ends, when it has a name here. */
  Optional<Instant> recordingEnd(BacktestRun run) {
    return Optional.ofNullable(run.recordingName())
        .flatMap(recordings::find)
        .map(Recording::endsAt);
  }

  private static Instant watchSince(Instant stageSince, Instant now, double watchDays) {
    long watchMs = Math.max(1, Math.round(watchDays * MS_IN_A_DAY));
    long elapsed = Math.max(0, Duration.between(stageSince, now).toMillis());
    return stageSince.plusMillis(elapsed / watchMs * watchMs);
  }
}
