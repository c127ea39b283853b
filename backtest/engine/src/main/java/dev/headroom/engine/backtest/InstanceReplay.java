package dev.headroom.engine.backtest;

import dev.headroom.engine.backtest.BacktestResult.JudgedKill;
import dev.headroom.engine.kernel.Exposure;
import dev.headroom.engine.kernel.Replay;
import dev.headroom.engine.kernel.ReplayInput;
import dev.headroom.engine.kernel.ReplayOutcome;
import dev.headroom.engine.kernel.ReplayPolicy;
import dev.headroom.model.Fidelity;
import dev.headroom.model.InstanceId;
import dev.headroom.model.InstanceRecording;
import dev.headroom.model.OomKill;
import dev.headroom.model.Sample;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * All policies replayed over one instance.
 *
 * @param exposure of the recording; the same under every policy but for the limits
 * @param outcomes by policy name; a policy that could not be replayed is not in it
 * @param obstacles why, for those
 */
record InstanceReplay(
    InstanceId instanceId,
    Fidelity fidelity,
    List<String> notes,
    Exposure exposure,
    List<JudgedKill> kills,
    Map<String, ReplayOutcome> outcomes,
    Map<String, String> obstacles) {

  static InstanceReplay of(InstanceRecording recording, List<ReplayPolicy> policies) {
    ReplayInput input = ReplayInput.of(recording);
    Map<String, ReplayOutcome> outcomes = new LinkedHashMap<>();
    Map<String, String> obstacles = new LinkedHashMap<>();
    for (ReplayPolicy policy : policies) {
      Replay.findObstacle(input, policy)
          .ifPresentOrElse(
              reason -> obstacles.put(policy.name(), reason),
              () -> outcomes.put(policy.name(), Replay.run(input, policy).withoutLimits()));
    }
    return new InstanceReplay(
        input.instanceId(),
        input.fidelity(),
        input.notes(),
        Replay.exposure(input),
        judgedKills(recording),
        outcomes,
        obstacles);
  }

  private static List<JudgedKill> judgedKills(InstanceRecording recording) {
    List<JudgedKill> kills = new ArrayList<>();
    for (OomKill kill : recording.kills()) {
      kills.add(new JudgedKill(kill, lastSample(recording, kill)));
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
