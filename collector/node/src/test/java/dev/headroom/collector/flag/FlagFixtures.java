package dev.headroom.collector.flag;

import dev.headroom.model.InstanceId;
import dev.headroom.model.Policy;
import dev.headroom.model.rollout.Buckets;
import dev.headroom.model.rollout.FlagState;
import dev.headroom.model.rollout.PolicyVersion;
import dev.headroom.model.rollout.Rollout;
import dev.headroom.model.rollout.RolloutStage;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** States of flags for tests. */
final class FlagFixtures {

  static final Instant T0 = Instant.parse("2026-11-20T12:00:00Z");

  static final UUID ROLLOUT = new UUID(1, 2);

  static final InstanceId FREE =
      instances(100, 1).stream().filter(each -> !Buckets.isHeldOut(each)).findFirst().orElseThrow();

  private FlagFixtures() {}

  static List<InstanceId> instances(int count, long seed) {
    Random random = new Random(seed);
    return Stream.generate(() -> new InstanceId(new UUID(random.nextLong(), random.nextLong())))
        .limit(count)
        .toList();
  }

  static Rollout rollout(
      UUID id, String policyId, RolloutStage stage, @Nullable Integer canaryPercent) {
    return new Rollout(
        id, "of-" + policyId, policyId, Map.of(), stage, canaryPercent, false, T0, T0, 3);
  }

  static FlagState state(long revision, Rollout... rollouts) {
    return new FlagState(
        revision,
        Optional.empty(),
        List.of(rollouts),
        Stream.of(rollouts)
            .map(each ->
                new PolicyVersion(
                    each.policyId(), 1, Policy.of(each.policyId(), "memory_max * 0.5")))
            .toList());
  }

  static FlagState enforced() {
    return state(7, rollout(ROLLOUT, "talk@1", RolloutStage.ENFORCE, null));
  }
}
