package dev.headroom.model.rollout;

import static dev.headroom.model.rollout.Rollouts.rollout;
import static dev.headroom.model.rollout.Rollouts.state;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.headroom.model.GuardMode;
import dev.headroom.model.InstanceId;
import dev.headroom.model.rollout.Assignment.Reason;
import dev.headroom.model.rollout.Assignment.Share;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class AssignmentTest {

  private static final int MANY = 10_000;

  private static final InstanceId FREE =
      Rollouts.instances(100, 1).stream()
          .filter(each -> !Buckets.isHeldOut(each))
          .findFirst()
          .get();
  private static final InstanceId HELD =
      Rollouts.instances(1_000, 1).stream().filter(Buckets::isHeldOut).findFirst().get();

  static LongStream seeds() {
    return LongStream.rangeClosed(1, 200);
  }

  static Stream<RolloutStage> endsAndOff() {
    return Stream.of(RolloutStage.OFF, RolloutStage.ROLLED_BACK, RolloutStage.RETIRED);
  }

  @Test
  void withoutRollouts_theGuardIsOff() {
    assertThat(of(FlagState.EMPTY, FREE))
        .isEqualTo(new Assignment(GuardMode.OFF, null, List.of(), Reason.NO_ROLLOUT));
  }

  @ParameterizedTest
  @MethodSource("endsAndOff")
  void rolloutsThatAreNowhere_countAsNone(RolloutStage stage) {
    assertThat(of(state(rollout("talk@1", stage, null)), FREE).reason())
        .isEqualTo(Reason.NO_ROLLOUT);
  }

  @Test
  void shadow_judgesOnEveryInstance() {
    Assignment assignment = of(state(rollout("talk@1", RolloutStage.SHADOW, null)), HELD);
    assertThat(assignment.mode()).isEqualTo(GuardMode.SHADOW);
    assertThat(assignment.inForce()).isNull();
    assertThat(policies(assignment)).containsExactly("talk@1");
    assertThat(assignment.shadows().getFirst().probability()).isEqualTo(1);
    assertThat(assignment.reason()).isEqualTo(Reason.NOT_REACHED);
  }

  @Test
  void enforce_leavesTheHoldOutInShadow() {
    FlagState state = state(rollout("talk@1", RolloutStage.ENFORCE, null));
    assertThat(of(state, FREE).policyId()).contains("talk@1");
    assertThat(of(state, FREE).reason()).isEqualTo(Reason.ENFORCED);
    assertThat(Objects.requireNonNull(of(state, FREE).inForce()).probability()).isEqualTo(0.95);
    Assignment held = of(state, HELD);
    assertThat(held.mode()).isEqualTo(GuardMode.SHADOW);
    assertThat(held.reason()).isEqualTo(Reason.HELD_OUT);
    assertThat(policies(held)).containsExactly("talk@1");
    assertThat(held.shadows().getFirst().probability()).isCloseTo(0.05, within(1e-12));
  }

  @Test
  void stop_beatsEverything() {
    FlagState state =
        state(List.of(rollout("talk@1", RolloutStage.ENFORCE, null)), Optional.of("incident"));
    assertThat(of(state, FREE))
        .isEqualTo(new Assignment(GuardMode.OFF, null, List.of(), Reason.STOPPED));
  }

  @Test
  void labels_decideWhoIsReached() {
    Rollout gold =
        rollout(new UUID(1, 1), "talk@1", Map.of("tier", "gold"), RolloutStage.ENFORCE, null);
    assertThat(Assignment.of(state(gold), FREE, Map.of("tier", "gold", "zone", "a")).mode())
        .isEqualTo(GuardMode.ENFORCE);
    assertThat(Assignment.of(state(gold), FREE, Map.of("tier", "tin")).mode())
        .isEqualTo(GuardMode.OFF);
  }

  /** A canary beside an older policy: who is not reached yet keeps what was in force. */
  @Test
  void newestLiveRolloutThatReaches_wins_andTheOtherIsJudgedInShadow() {
    UUID newer = new UUID(5, 5);
    Rollout canary = rollout(newer, "new@2", Map.of(), RolloutStage.CANARY, 10);
    Rollout old = rollout(new UUID(4, 4), "old@1", Map.of(), RolloutStage.ENFORCE, null);
    for (InstanceId instance : Rollouts.instances(1_000, 4)) {
      Assignment assignment = of(state(canary, old), instance);
      boolean reached = Buckets.isReached(Buckets.canaryBucket(newer, instance), 10);
      if (Buckets.isHeldOut(instance)) {
        assertThat(assignment.inForce()).isNull();
        assertThat(policies(assignment)).containsExactly("new@2", "old@1");
      } else {
        assertThat(assignment.policyId()).contains(reached ? "new@2" : "old@1");
        assertThat(policies(assignment)).containsExactly(reached ? "old@1" : "new@2");
        assertThat(assignment.reason()).isEqualTo(reached ? Reason.CANARY : Reason.ENFORCED);
      }
    }
  }

  @Test
  void aPolicyOfTwoRollouts_hasOnePlace() {
    Rollout shadow = rollout(new UUID(5, 5), "talk@1", Map.of(), RolloutStage.SHADOW, null);
    Rollout enforce = rollout(new UUID(4, 4), "talk@1", Map.of(), RolloutStage.ENFORCE, null);
    Assignment assignment = of(state(shadow, enforce), FREE);
    assertThat(assignment.policyId()).contains("talk@1");
    assertThat(assignment.shadows()).isEmpty();
    assertThat(of(state(shadow, enforce), HELD).shadows()).hasSize(1);
  }

  /** 19% of instances under a canary of 20%: the hold-out is not in it. */
  @Test
  void canaryShare_isItsPercentOfWhatIsNotHeldOut() {
    FlagState state = state(rollout("talk@1", RolloutStage.CANARY, 20));
    List<Share> treated =
        Rollouts.instances(MANY, 20).stream()
            .map(each -> of(state, each))
            .flatMap(each -> Optional.ofNullable(each.inForce()).stream())
            .toList();
    assertThat(treated.size() / (double) MANY)
        .isCloseTo(0.19, within(5 * Math.sqrt(0.19 * 0.81 / MANY)));
    assertThat(treated).allSatisfy(share -> assertThat(share.probability()).isEqualTo(0.19));
  }

  /**
   * The whole ladder for 2,000 instances: once reached always reached, held out always held out.
   */
  @Test
  void climbing_neverTakesAPolicyBack() {
    UUID id = new UUID(3, 1);
    for (InstanceId instance : Rollouts.instances(2_000, 12)) {
      boolean before = false;
      for (int percent : new int[] {1, 5, 10, 25, 50, 99, 100}) {
        Rollout step =
            percent == 100
                ? rollout(id, "talk@1", Map.of(), RolloutStage.ENFORCE, null)
                : rollout(id, "talk@1", Map.of(), RolloutStage.CANARY, percent);
        Assignment assignment = of(state(step), instance);
        boolean inForce = assignment.inForce() != null;
        assertThat(inForce || !before).as("%s at %d%%", instance, percent).isTrue();
        if (Buckets.isHeldOut(instance)) {
          assertThat(assignment.reason()).isEqualTo(Reason.HELD_OUT);
        }
        before = inForce;
      }
      assertThat(before).isEqualTo(!Buckets.isHeldOut(instance));
    }
  }

  /** What holds for anything that may stand in a database. */
  @ParameterizedTest
  @MethodSource("seeds")
  void everyAssignment_isSound(long seed) {
    Random random = new Random(seed);
    FlagState state = Rollouts.random(random);
    for (InstanceId instance : Rollouts.instances(50, seed)) {
      Map<String, String> labels = Map.of("tier", "t" + random.nextInt(3));
      Assignment assignment = Assignment.of(state, instance, labels);
      assertThat(Assignment.of(state, instance, labels)).isEqualTo(assignment);
      assertThat(assignment.inForce() != null).isEqualTo(assignment.mode() == GuardMode.ENFORCE);
      assertThat(assignment.shadows()).hasSizeLessThanOrEqualTo(Assignment.MAX_SHADOWS);
      List<String> all =
          Stream.concat(assignment.policyId().stream(), policies(assignment).stream()).toList();
      assertThat(all).doesNotHaveDuplicates();
      assertThat(all).allSatisfy(id -> assertThat(state.policy(id)).isPresent());
      Share inForce = assignment.inForce();
      if (inForce != null) {
        assertThat(Buckets.isHeldOut(instance)).isFalse();
        assertThat(inForce.rollout().stage().isLive()).isTrue();
        assertThat(inForce.rollout().reaches(labels)).isTrue();
      }
      if (state.stop().isPresent()) {
        assertThat(assignment.mode()).isEqualTo(GuardMode.OFF);
      }
    }
  }

  private static Assignment of(FlagState state, InstanceId instance) {
    return Assignment.of(state, instance, Map.of());
  }

  private static List<String> policies(Assignment assignment) {
    return assignment.shadows().stream().map(share -> share.rollout().policyId()).toList();
  }
}
