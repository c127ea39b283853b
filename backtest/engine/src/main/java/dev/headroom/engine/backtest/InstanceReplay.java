package dev.headroom.engine.backtest;

import dev.headroom.engine.backtest.BacktestResult.JudgedKill;
import dev.headroom.engine.backtest.BacktestResult.ReplayedInstance;
import dev.headroom.engine.kernel.BlockOptions;
import dev.headroom.engine.kernel.Exposure;
import dev.headroom.engine.kernel.Replay;
import dev.headroom.engine.kernel.ReplayInput;
import dev.headroom.engine.kernel.ReplayOutcome;
import dev.headroom.engine.kernel.ReplayPass;
import dev.headroom.engine.kernel.ReplayPolicy;
import dev.headroom.engine.kernel.StreamedRecording;
import dev.headroom.model.Fidelity;
import dev.headroom.model.Instance;
import dev.headroom.model.InstanceEvent;
import dev.headroom.model.InstanceId;
import dev.headroom.model.OomKill;
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
 * @param hasGuard whether it had a guard at any time
 * @param exposure of the recording; the same under every policy but for the limits
 * @param outagesMs how long each measured outage took
 * @param outcomes by policy name; a policy that could not be replayed is not in it
 * @param obstacles why, for those
 */
record InstanceReplay(
    Instance instance,
    Fidelity fidelity,
    boolean hasGuard,
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
      StreamedRecording recording,
      @Nullable Instant startsAt,
      List<ReplayPolicy> policies,
      BlockOptions blocks) {
    ReplayInput input = ReplayInput.of(recording, startsAt);
    Map<String, String> obstacles = new LinkedHashMap<>();
    List<ReplayPolicy> replayed = new ArrayList<>();
    for (ReplayPolicy policy : policies) {
      Replay.findObstacle(input, policy)
          .ifPresentOrElse(
              reason -> obstacles.put(policy.name(), reason), () -> replayed.add(policy));
    }
    ReplayPass pass = new ReplayPass(input, replayed, blocks);
    while (pass.next()) {
      if (Thread.currentThread().isInterrupted()) {
        throw new BacktestCancelledException();
      }
    }
    Map<String, ReplayOutcome> outcomes = new LinkedHashMap<>();
    List<ReplayOutcome> inOrder = pass.outcomes();
    for (int i = 0; i < replayed.size(); i++) {
      outcomes.put(replayed.get(i).name(), inOrder.get(i));
    }
    return new InstanceReplay(
        recording.header().instance(),
        input.fidelity(),
        recording.header().hasGuard(),
        input.notes(),
        pass.exposure(),
        judgedKills(recording.header().kills(), startsAt, pass),
        recording.header().instanceEvents().stream()
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
    return new ReplayedInstance(instance, fidelity, hasGuard, exposure.instanceDays());
  }

  private static List<JudgedKill> judgedKills(
      List<OomKill> kills, @Nullable Instant startsAt, ReplayPass pass) {
    List<JudgedKill> judged = new ArrayList<>();
    for (OomKill kill : kills) {
      if (startsAt == null || !kill.killedAt().isBefore(startsAt)) {
        judged.add(new JudgedKill(kill, pass.findLastSample(kill.killId()).orElse(null)));
      }
    }
    return judged;
  }
}
