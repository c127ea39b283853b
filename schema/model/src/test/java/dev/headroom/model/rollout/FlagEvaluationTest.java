package dev.headroom.model.rollout;

import static dev.headroom.model.rollout.FlagEvaluation.CANDIDATES;
import static dev.headroom.model.rollout.FlagEvaluation.MODE;
import static dev.headroom.model.rollout.FlagEvaluation.POLICY;
import static dev.headroom.model.rollout.Rollouts.rollout;
import static dev.headroom.model.rollout.Rollouts.state;
import static org.assertj.core.api.Assertions.assertThat;

import dev.headroom.model.InstanceId;
import dev.headroom.model.rollout.FlagEvaluation.Flag;
import dev.headroom.model.rollout.FlagEvaluation.Reason;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class FlagEvaluationTest {

  private static final InstanceId FREE =
      Rollouts.instances(100, 1).stream()
          .filter(each -> !Buckets.isHeldOut(each))
          .findFirst()
          .get();
  private static final InstanceId HELD =
      Rollouts.instances(1_000, 1).stream().filter(Buckets::isHeldOut).findFirst().get();

  @Test
  void withoutRollouts_everyFlagSaysItsDefault() {
    assertThat(FlagEvaluation.list(FlagState.EMPTY, FREE, Map.of()))
        .containsExactly(
            new Flag(MODE, "off", "off", Reason.DEFAULT, Map.of("revision", 0L)),
            new Flag(POLICY, "", "none", Reason.DEFAULT, Map.of("revision", 0L)),
            new Flag(CANDIDATES, "", "none", Reason.DEFAULT, Map.of("revision", 0L)));
  }

  @Test
  void aCanaryThatReached_isASplit_andIsExplained() {
    UUID id = new UUID(9, 9);
    Rollout canary = rollout(id, "talk@3", Map.of(), RolloutStage.CANARY, 99);
    Rollout shadow = rollout(new UUID(8, 8), "neon@1", Map.of(), RolloutStage.SHADOW, null);
    FlagState state = state(canary, shadow);
    int bucket = Buckets.canaryBucket(id, FREE);
    assertThat(bucket).isLessThan(9_900);
    Map<String, Object> explained =
        Map.of(
            "revision",
            17L,
            "rollout",
            "of talk@3",
            "rolloutId",
            id.toString(),
            "stage",
            "canary",
            "percent",
            99,
            "bucket",
            bucket,
            "assignmentProbability",
            0.95 * 99 / 100.0);
    assertThat(FlagEvaluation.list(state, FREE, Map.of()))
        .containsExactly(
            new Flag(MODE, "enforce", "enforce", Reason.SPLIT, explained),
            new Flag(POLICY, "talk@3", "talk@3", Reason.SPLIT, explained),
            new Flag(
                CANDIDATES,
                "neon@1",
                "neon@1",
                Reason.SPLIT,
                Map.of(
                    "revision",
                    17L,
                    "rolloutIds",
                    new UUID(8, 8).toString(),
                    "assignmentProbabilities",
                    "1.0")));
  }

  @Test
  void theHoldOutOfAPolicyInForce_isASplitThatNamesThatRollout() {
    Rollout newer = rollout(new UUID(8, 8), "neon@1", Map.of(), RolloutStage.SHADOW, null);
    Rollout enforce = rollout(new UUID(9, 9), "talk@3", Map.of(), RolloutStage.ENFORCE, null);
    Flag mode = FlagEvaluation.find(MODE, state(newer, enforce), HELD, Map.of()).orElseThrow();
    assertThat(mode.value()).isEqualTo("shadow");
    assertThat(mode.reason()).isEqualTo(Reason.SPLIT);
    assertThat(mode.metadata()).containsEntry("rollout", "of talk@3").containsEntry("percent", 100);
    assertThat(FlagEvaluation.find(CANDIDATES, state(newer, enforce), HELD, Map.of()))
        .map(Flag::value)
        .contains("neon@1,talk@3");
  }

  @Test
  void shadowAndEnforce_areDecidedByLabelsAlone() {
    for (RolloutStage stage : List.of(RolloutStage.SHADOW, RolloutStage.ENFORCE)) {
      assertThat(FlagEvaluation.find(MODE, state(rollout("talk@3", stage, null)), FREE, Map.of()))
          .map(Flag::reason)
          .contains(Reason.TARGETING_MATCH);
    }
  }

  @Test
  void aStop_disablesAndSaysWhy() {
    FlagState stopped =
        state(List.of(rollout("talk@3", RolloutStage.ENFORCE, null)), Optional.of("incident"));
    assertThat(FlagEvaluation.list(stopped, FREE, Map.of()))
        .allSatisfy(flag -> {
          assertThat(flag.reason()).isEqualTo(Reason.DISABLED);
          assertThat(flag.metadata()).isEqualTo(Map.of("revision", 17L, "stop", "incident"));
        });
  }

  @Test
  void unknownKey_isNoFlag() {
    assertThat(FlagEvaluation.find("headroom.guard.limit", FlagState.EMPTY, FREE, Map.of()))
        .isEmpty();
  }

  /** The flags say what the assignment says, and its lists keep their order. */
  @Test
  void flagsAndAssignment_agreeForRandomStates() {
    for (long seed = 1; seed <= 200; seed++) {
      FlagState state = Rollouts.random(new Random(seed));
      for (InstanceId instance : Rollouts.instances(20, seed)) {
        Assignment assignment = Assignment.of(state, instance, Map.of("tier", "t1"));
        Map<String, String> labels = Map.of("tier", "t1");
        assertThat(value(MODE, state, instance, labels))
            .as("seed %d", seed)
            .isEqualTo(FlagEvaluation.label(assignment.mode()));
        assertThat(value(POLICY, state, instance, labels))
            .isEqualTo(assignment.policyId().orElse(""));
        assertThat(
                List.of(value(CANDIDATES, state, instance, labels).split(",")).stream()
                    .filter(id -> !id.isEmpty())
                    .toList())
            .isEqualTo(
                assignment.shadows().stream().map(share -> share.rollout().policyId()).toList());
      }
    }
  }

  private static String value(
      String key, FlagState state, InstanceId instance, Map<String, String> labels) {
    return FlagEvaluation.find(key, state, instance, labels).orElseThrow().value();
  }
}
