package dev.headroom.cli;

import dev.headroom.engine.backtest.BacktestResult;
import dev.headroom.engine.backtest.Parity;
import dev.headroom.engine.proof.ParityCheck;
import dev.headroom.model.InstanceId;
import dev.headroom.model.InstanceRecording;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;

/** How well the replay agrees with what guards logged, over several instances. */
final class RunParity {

  /** The precision and the recall below which a replay's verdicts are not to be trusted. */
  static final double THRESHOLD = 0.8;

  private RunParity() {}

  /**
   * A result that says whether it is to be trusted. Only instances that had a guard are read again:
   * nobody else can have logged something.
   *
   * @param part what of an instance's recording was replayed
   */
  static BacktestResult withParity(
      BacktestResult result, RecordingSource source, UnaryOperator<InstanceRecording> part) {
    Set<InstanceId> guarded =
        result.replayed().stream()
            .filter(BacktestResult.ReplayedInstance::hasGuard)
            .map(each -> each.instance().id())
            .collect(Collectors.toSet());
    if (guarded.isEmpty()) {
      return result;
    }
    Map<InstanceId, Parity> parity = new HashMap<>();
    try (RecordingSource.InstanceStream stream = source.open(guarded)) {
      stream.forEachRemaining(whole ->
          ParityCheck.check(part.apply(whole), THRESHOLD)
              .forEach(
                  finding -> parity.merge(finding.instanceId(), finding.parity(), Parity::plus)));
    }
    return result.withParity(parity);
  }
}
