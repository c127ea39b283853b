package dev.headroom.engine.search;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.headroom.engine.backtest.BacktestConfig;
import dev.headroom.engine.backtest.Candidate;
import dev.headroom.engine.backtest.Judgement;
import dev.headroom.engine.backtest.SmallFleet;
import dev.headroom.engine.backtest.SmallFleet.Cycle;
import dev.headroom.model.Policy;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Choosing by the past and judging by what followed. */
final class WalkForwardTest {

  private static final Duration MINUTE = Duration.ofMinutes(1);
  private static final Duration FIVE_SECONDS = Duration.ofSeconds(5);

  private static List<Candidate> candidates(String... formulas) {
    return List.of(formulas).stream()
        .map(formula -> Candidate.parse(Policy.of(formula, formula)))
        .toList();
  }

  @Test
  void everyFold_choosesByThePastOnly_withTheGapLeftOut() {
    FleetReplayer fleet =
        new FleetReplayer(List.of(SmallFleet.instance("a", Collections.nCopies(6, Cycle.KILLED))));
    WalkPlan plan = new WalkPlan(null, MINUTE, MINUTE, FIVE_SECONDS, FIVE_SECONDS);

    WalkForward walk =
        WalkForward.run(
            fleet.recording(6),
            plan,
            candidates("600MiB", "900MiB"),
            fleet,
            BacktestConfig.DEFAULT.withGoals(0.9, 1e9),
            _ -> {});

    assertThat(walk.folds()).hasSize(5);
    assertThat(walk.tried()).isEqualTo(2);
    for (int i = 0; i < 5; i++) {
      Fold fold = walk.folds().get(i);
      assertThat(fold.test().startsAt()).isEqualTo(SmallFleet.startOf(i + 1));
      assertThat(fold.training().startsAt()).isEqualTo(SmallFleet.START);
      assertThat(fold.training().endsAt()).isEqualTo(fold.test().startsAt().minusSeconds(10));
      assertThat(fold.winner().name()).isEqualTo("600MiB");
      assertThat(fold.winner().kills().prevented()).isEqualTo(i + 1);
      assertThat(fold.tested().kills()).hasSize(1);
    }
    // 5 kills of one instance, all prevented, are no proof of 90%.
    assertThat(walk.judgement().outcome()).isEqualTo(Judgement.Outcome.INCONCLUSIVE);
    assertThat(walk.judgement().neededKills()).isEqualTo(24);
  }

  @Test
  void whatWasRightYesterday_isJudgedByToday() {
    // Calm minutes teach that a high limit is cheapest; the kills that follow are missed.
    FleetReplayer fleet =
        new FleetReplayer(
            List.of(SmallFleet.instance("a", List.of(Cycle.CALM, Cycle.CALM, Cycle.KILLED))));
    WalkPlan plan =
        new WalkPlan(MINUTE.multipliedBy(2), MINUTE, MINUTE, Duration.ZERO, Duration.ZERO);

    WalkForward walk =
        WalkForward.run(
            fleet.recording(3),
            plan,
            candidates("600MiB", "900MiB"),
            fleet,
            BacktestConfig.DEFAULT,
            _ -> {});

    assertThat(walk.folds()).hasSize(1);
    assertThat(walk.folds().getFirst().winner().name()).isEqualTo("900MiB");
    assertThat(walk.folds().getFirst().tested().policies().getFirst().kills().missed())
        .isEqualTo(1);
  }

  @Test
  void plansThatTestTwiceOrNothing_areRefused() {
    FleetReplayer fleet = new FleetReplayer(List.of(SmallFleet.instance("a", List.of(Cycle.CALM))));

    assertThatThrownBy(() -> new WalkPlan(null, MINUTE, FIVE_SECONDS, Duration.ZERO, Duration.ZERO))
        .hasMessageContaining("kills would be tested twice");
    assertThatThrownBy(() -> new WalkPlan(null, MINUTE, MINUTE, MINUTE, Duration.ZERO))
        .hasMessageContaining("leave nothing of the first training");
    assertThatThrownBy(() ->
            new WalkPlan(null, MINUTE, MINUTE, Duration.ZERO, Duration.ZERO)
                .folds(fleet.recording(1)))
        .hasMessageContaining("is too short for one fold");
  }
}
