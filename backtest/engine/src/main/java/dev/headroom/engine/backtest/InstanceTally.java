package dev.headroom.engine.backtest;

import dev.headroom.engine.kernel.BlockCounts;
import dev.headroom.engine.kernel.Exposure;
import dev.headroom.engine.kernel.KillOutcome;
import dev.headroom.engine.statistics.ClusterCount;
import dev.headroom.model.InstanceId;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What one policy would have done to one instance, in numbers: the unit of all statistics.
 *
 * @param instanceDays evaluated time
 * @param slackGibHours headroom that the limit withheld; absent when nothing could be compared
 */
record InstanceTally(
    InstanceId instanceId,
    KillCounts kills,
    BlockCounts blocks,
    double instanceDays,
    @Nullable Double slackGibHours) {

  static InstanceTally of(
      InstanceId instanceId, List<KillOutcome> kills, BlockCounts blocks, Exposure exposure) {
    return new InstanceTally(
        instanceId,
        KillCounts.of(kills.stream().map(KillOutcome::verdict).toList()),
        blocks,
        exposure.instanceDays(),
        exposure.slackGibHours());
  }

  /** Every undecided kill counts as not prevented. */
  ClusterCount surelyPrevented() {
    return new ClusterCount(kills.prevented(), kills.preventable());
  }

  /** Every undecided kill counts as prevented. */
  ClusterCount perhapsPrevented() {
    return new ClusterCount(kills.prevented() + kills.undecided(), kills.preventable());
  }

  double cost(Prices.Settled prices) {
    return Cost.of(prices, kills, blocks, slackGibHours == null ? 0 : slackGibHours).total();
  }
}
