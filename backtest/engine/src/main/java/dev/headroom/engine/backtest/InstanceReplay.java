package dev.headroom.engine.backtest;

import dev.headroom.engine.backtest.BacktestResult.JudgedKill;
import dev.headroom.engine.backtest.BacktestResult.ReplayedInstance;
import dev.headroom.engine.kernel.Exposure;
import dev.headroom.engine.kernel.Replay;
import dev.headroom.engine.kernel.ReplayInput;
import dev.headroom.engine.kernel.ReplayOutcome;
import dev.headroom.engine.kernel.ReplayPolicy;
import dev.headroom.model.Fidelity;
import dev.headroom.model.Instance;
import dev.headroom.model.InstanceEvent;
import dev.headroom.model.InstanceId;
import dev.headroom.model.InstanceRecording;
import dev.headroom.model.OomKill;
import dev.headroom.model.Sample;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * All policies replayed over one instance.
 *
 * @param exposure of the recording; the same under every policy but for the limits
 * @param outagesMs how long each measured outage took
 * @param outcomes by policy name; a policy that could not be replayed is not in it
 * @param obstacles why, for those
 */
record InstanceReplay(
    Instance instance,
    Fidelity fidelity,
    List<String> notes,
    Exposure exposure,
    List<JudgedKill> kills,
    List<Long> outagesMs,
    Map<String, ReplayOutcome> outcomes,
    Map<String, String> obstacles) {

  /**
   * Replays the policies.
   *
   * @param startsAt the first moment that is judged; absent to judge everything
   */
  static InstanceReplay of(
      InstanceRecording recording, @Nullable Instant startsAt, List<ReplayPolicy> policies) {
    ReplayInput input = ReplayInput.of(recording, startsAt);
    Map<String, ReplayOutcome> outcomes = new LinkedHashMap<>();
    Map<String, String> obstacles = new LinkedHashMap<>();
    for (ReplayPolicy policy : policies) {
      Replay.findObstacle(input, policy)
          .ifPresentOrElse(
              reason -> obstacles.put(policy.name(), reason),
              () -> outcomes.put(policy.name(), Replay.run(input, policy).withoutLimits()));
    }
    return new InstanceReplay(
        recording.instance(),
        input.fidelity(),
        input.notes(),
        Replay.exposure(input),
        judgedKills(recording, startsAt),
        recording.instanceEvents().stream()
            .map(InstanceEvent::outageMs)
            .filter(Objects::nonNull)
            .toList(),
        outcomes,
        obstacles);
  }

  InstanceId instanceId() {
    return instance.id();
  }

  ReplayedInstance replayed() {
    return new ReplayedInstance(instance, exposure.instanceDays());
  }

  private static List<JudgedKill> judgedKills(
      InstanceRecording recording, @Nullable Instant startsAt) {
    List<JudgedKill> kills = new ArrayList<>();
    for (OomKill kill : recording.kills()) {
      if (startsAt == null || !kill.killedAt().isBefore(startsAt)) {
        kills.add(new JudgedKill(kill, lastSample(recording, kill)));
      }
    }
    return kills;
  }

  private static @Nullable Sample lastSample(InstanceRecording recording, OomKill kill) {
    Sample last = null;
    for (Sample sample : recording.samples()) {
      if (sample.sampledAt().isAfter(kill.killedAt())) {
        return last;
      }
      last = sample;
    }
    return last;
  }
}
