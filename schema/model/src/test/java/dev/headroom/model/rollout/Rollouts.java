package dev.headroom.model.rollout;

import dev.headroom.model.InstanceId;
import dev.headroom.model.Policy;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Rollouts and instances for tests. */
final class Rollouts {

  private static final Instant T0 = Instant.parse("2026-01-01T00:00:00Z");
  private static final List<RolloutStage> STAGES = List.of(RolloutStage.values());

  private Rollouts() {}

  static Rollout rollout(String policyId, RolloutStage stage, @Nullable Integer percent) {
    return rollout(UUID.nameUUIDFromBytes(new byte[] {7}), policyId, Map.of(), stage, percent);
  }

  static Rollout rollout(
      UUID id,
      String policyId,
      Map<String, String> labels,
      RolloutStage stage,
      @Nullable Integer percent) {
    return new Rollout(id, "of " + policyId, policyId, labels, stage, percent, false, T0, T0, 1);
  }

  static FlagState state(Rollout... newestFirst) {
    return state(List.of(newestFirst), Optional.empty());
  }

  static FlagState state(List<Rollout> newestFirst, Optional<String> stop) {
    return new FlagState(
        17,
        stop,
        newestFirst,
        newestFirst.stream()
            .map(Rollout::policyId)
            .distinct()
            .map(id -> new PolicyVersion(id, 1, Policy.of(id, "memory_max / 2")))
            .toList());
  }

  static List<InstanceId> instances(int count, long seed) {
    Random random = new Random(seed);
    return Stream.generate(() -> new InstanceId(new UUID(random.nextLong(), random.nextLong())))
        .limit(count)
        .toList();
  }

  /** Anything that may stand in a database: any stages, labels and percentages, shared policies. */
  static FlagState random(Random random) {
    List<Rollout> rollouts = new ArrayList<>();
    int count = random.nextInt(12);
    for (int i = 0; i < count; i++) {
      RolloutStage stage = STAGES.get(random.nextInt(STAGES.size()));
      rollouts.add(
          rollout(
              new UUID(random.nextLong(), random.nextLong()),
              "p" + random.nextInt(10) + "@1",
              random.nextBoolean() ? Map.of() : Map.of("tier", "t" + random.nextInt(2)),
              stage,
              stage == RolloutStage.CANARY ? Integer.valueOf(1 + random.nextInt(99)) : null));
    }
    return state(rollouts, random.nextInt(10) == 0 ? Optional.of("why not") : Optional.empty());
  }
}
