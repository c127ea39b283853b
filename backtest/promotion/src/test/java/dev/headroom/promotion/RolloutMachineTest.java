package dev.headroom.promotion;

import static org.assertj.core.api.Assertions.assertThat;

import dev.headroom.model.InstanceId;
import dev.headroom.model.rollout.Buckets;
import dev.headroom.model.rollout.Rollout;
import dev.headroom.model.rollout.RolloutStage;
import dev.headroom.promotion.GateResult.Outcome;
import dev.headroom.promotion.RolloutMachine.Allowed;
import dev.headroom.promotion.RolloutMachine.Answer;
import dev.headroom.promotion.RolloutMachine.Position;
import dev.headroom.promotion.RolloutMachine.Refused;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Properties of the ladder, along random paths. */
class RolloutMachineTest {

  private static final int PATHS = 20_000;
  private static final int STEPS = 25;

  /** A step that was made, and in whose name. */
  private record Made(Rung from, Rung to, Authority authority) {}

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void noPathReachesEnforce_withoutEveryGateOrANamedApproval(long seed) {
    Random random = new Random(seed);
    int byGates = 0;
    int byApproval = 0;
    for (int path = 0; path < PATHS; path++) {
      Ladder ladder = ladder(random);
      Position position = new Position(Rung.OFF, false);
      List<Made> made = new ArrayList<>();
      for (int step = 0; step < STEPS; step++) {
        Move move = move(random, ladder);
        if (RolloutMachine.answer(position, move, ladder) instanceof Allowed allowed) {
          if (move instanceof Move.Advance advance) {
            made.add(new Made(position.rung(), allowed.position().rung(), advance.authority()));
          }
          position = allowed.position();
        }
        if (!position.rung().equals(Rung.ENFORCE)) {
          continue;
        }
        assertThat(made)
            .allSatisfy(each -> {
              assertThat(each.authority().evaluation().outcome()).isNotEqualTo(Outcome.ROLL_BACK);
              switch (each.authority()) {
                case Authority.Gates(Evaluation evaluation) -> {
                  assertThat(evaluation.outcome()).isEqualTo(Outcome.OPEN);
                  assertThat(ladder.after(each.from())).contains(each.to());
                }
                case Authority.Approval(String approver, Evaluation _) ->
                    assertThat(approver).isNotBlank();
              }
            });
        assertThat(made.getFirst().to()).as("shadow comes first").isEqualTo(Rung.SHADOW);
        boolean gatesOnly = made.stream().allMatch(it -> it.authority() instanceof Authority.Gates);
        if (gatesOnly) {
          assertThat(made.stream().map(Made::to))
              .as("every rung was stood on")
              .isEqualTo(ladder.rungs().subList(1, ladder.rungs().size()));
        }
        byGates += gatesOnly ? 1 : 0;
        byApproval += gatesOnly ? 0 : 1;
        break;
      }
    }
    assertThat(byGates).as("paths by gates alone").isPositive();
    assertThat(byApproval).as("paths with an approval").isPositive();
  }

  @ParameterizedTest
  @ValueSource(longs = {4, 5})
  void rollbackIsOneMoveAway_fromEverywhereThatHasNotEnded(long seed) {
    Random random = new Random(seed);
    Set<RolloutStage> seen = new HashSet<>();
    for (int path = 0; path < PATHS; path++) {
      Ladder ladder = ladder(random);
      Position position = new Position(Rung.OFF, false);
      for (int step = 0; step < STEPS; step++) {
        Answer back = RolloutMachine.answer(position, new Move.RollBack(), ladder);
        if (position.rung().stage().isEnd()) {
          assertThat(back).isInstanceOf(Refused.class);
          for (int i = 0; i < 5; i++) {
            assertThat(RolloutMachine.answer(position, move(random, ladder), ladder))
                .as("what has ended stays ended")
                .isInstanceOf(Refused.class);
          }
          break;
        }
        seen.add(position.rung().stage());
        assertThat(back)
            .isInstanceOfSatisfying(
                Allowed.class,
                allowed -> {
                  assertThat(allowed.position().rung().stage()).isEqualTo(RolloutStage.ROLLED_BACK);
                  assertThat(allowed.position().paused()).isFalse();
                });
        if (RolloutMachine.answer(position, move(random, ladder), ladder)
            instanceof Allowed allowed) {
          position = allowed.position();
        }
      }
    }
    assertThat(seen)
        .contains(RolloutStage.OFF, RolloutStage.SHADOW, RolloutStage.CANARY, RolloutStage.ENFORCE);
  }

  @Test
  void aPausedRollout_goesNoFurther_whoeverApproves() {
    Position paused = new Position(Rung.canary(5), true);
    Move up =
        new Move.Advance(Rung.canary(10), new Authority.Approval("ann", evaluation(Outcome.OPEN)));
    assertThat(RolloutMachine.answer(paused, up, Ladder.DEFAULT))
        .isEqualTo(new Refused("it is paused; resume it first"));
  }

  @Test
  void nobodyCanApproveHarm() {
    Move up =
        new Move.Advance(
            Rung.ENFORCE, new Authority.Approval("ann", evaluation(Outcome.ROLL_BACK)));
    assertThat(RolloutMachine.answer(new Position(Rung.canary(50), false), up, Ladder.DEFAULT))
        .isInstanceOfSatisfying(
            Refused.class, refused -> assertThat(refused.why()).contains("nobody can approve"));
  }

  @Test
  void aGrowingPercentage_neverMovesAnInstanceOut() {
    Random random = new Random(6);
    for (int i = 0; i < 2_000; i++) {
      UUID rollout = new UUID(random.nextLong(), random.nextLong());
      InstanceId instance = new InstanceId(new UUID(random.nextLong(), random.nextLong()));
      boolean reached = false;
      for (int percent : Ladder.DEFAULT.canaryPercents()) {
        boolean now = Gates.isReached(rollout(rollout, RolloutStage.CANARY, percent), instance);
        assertThat(now || !reached).as("it was reached before").isTrue();
        reached = now;
      }
      boolean enforced = Gates.isReached(rollout(rollout, RolloutStage.ENFORCE, null), instance);
      assertThat(enforced).isEqualTo(!Buckets.isHeldOut(instance));
      assertThat(enforced || !reached).isTrue();
    }
  }

  private static Rollout rollout(UUID id, RolloutStage stage, @Nullable Integer percent) {
    return new Rollout(
        id, "r", "p@1", Map.of(), stage, percent, false, Instant.EPOCH, Instant.EPOCH, 3);
  }

  private static Ladder ladder(Random random) {
    if (random.nextBoolean()) {
      return new Ladder(List.of(50));
    }
    TreeSet<Integer> percents = new TreeSet<>();
    int count = 1 + random.nextInt(3);
    while (percents.size() < count) {
      percents.add(1 + random.nextInt(99));
    }
    return new Ladder(List.copyOf(percents));
  }

  private static Move move(Random random, Ladder ladder) {
    return switch (random.nextInt(20)) {
      case 0 -> new Move.Pause();
      case 1, 2 -> new Move.Resume();
      case 3 -> random.nextInt(5) == 0 ? new Move.RollBack() : new Move.Resume();
      case 4 -> random.nextInt(5) == 0 ? new Move.Retire() : new Move.Resume();
      default -> {
        List<Rung> rungs = ladder.rungs();
        Rung to = rungs.get(random.nextInt(rungs.size()));
        Outcome[] outcomes = Outcome.values();
        Evaluation evaluation =
            evaluation(
                random.nextBoolean() ? Outcome.OPEN : outcomes[random.nextInt(outcomes.length)]);
        yield new Move.Advance(
            to,
            random.nextInt(10) == 0
                ? new Authority.Approval("ann", evaluation)
                : new Authority.Gates(evaluation));
      }
    };
  }

  private static Evaluation evaluation(Outcome outcome) {
    return new Evaluation(
        Instant.EPOCH, List.of(new GateResult("g", outcome, "made up", Map.of())));
  }
}
