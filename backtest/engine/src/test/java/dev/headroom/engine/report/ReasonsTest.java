package dev.headroom.engine.report;

import static org.assertj.core.api.Assertions.assertThat;

import dev.headroom.engine.backtest.BacktestConfig;
import dev.headroom.engine.backtest.BacktestResult;
import dev.headroom.engine.backtest.Prices;
import dev.headroom.engine.backtest.Trials;
import dev.headroom.model.Policy;
import java.util.List;
import org.junit.jupiter.api.Test;

final class ReasonsTest {

  private static final BacktestConfig CONFIG = BacktestConfig.DEFAULT.withAgainst("talk");

  private static List<Reason> reasons(BacktestResult result, String policy) {
    return Reasons.of(result, result.findPolicy(policy).orElseThrow());
  }

  @Test
  void aRefusedUser_isNamed_andCounted() {
    // talk's 788 MiB refuse the spike of 850, which ends by itself: 750 more than the 100 before
    assertThat(reasons(SmallFleet.run(CONFIG), "talk"))
        .containsExactly(
            Reason.of(
                "verdict", "FAIL: at least 350k false blocks in 1,000 instance-days, goal 10"),
            Reason.of(
                "prevented",
                "1 of 2 kills that a limit might have prevented, at least 0.0 s before it"),
            new Reason(
                "refused wrongly",
                "1 statement of 1 source",
                List.of(
                    "1 × client backend, user <app>, database shop, query id 17, query fingerprint 99, on 1 instance; the largest grew by 750.0 MiB")),
            new Reason(
                "cost",
                // one kill is undecided, at the 4.5 s that the one outage took
                "10 s of outage, at most 14.5 if everything undecided is bad",
                List.of(
                    "0 for 0 missed kills at 4.5, as the outages took",
                    "10 for 1 false block at 10",
                    "under 0.01 for 0.042 MiB·h of slack at 1 for each GiB·h")),
            new Reason("unknown", "1 in all", List.of("1 kill: no sample near enough before")),
            new Reason(
                "tried",
                "2 formulas",
                List.of(
                    "so that the best of 2 is no accident, each claim of a PASS is 97.5% sure",
                    // two kills: 11/16, see MultiplicityTest
                    "the best of 2 that prevent each kill with the toss of a coin would look like 69% here")));
  }

  @Test
  void aMissedKill_isNamed_andWhatIsNeededIsSaid() {
    assertThat(reasons(SmallFleet.run(CONFIG), "generous"))
        .contains(
            new Reason(
                "missed",
                "1 kill",
                List.of(
                    "2026-01-01T00:00:04.500Z client backend, user <app>, database shop, query fingerprint 99: limit 896.0 MiB, queries held 860.0 MiB")),
            Reason.of("refused wrongly", "no statement"),
            // 0 of 2: with 68 more 68 of 70; -ln(0.025) = 3.689, /0.01 = 369 days
            Reason.of(
                "needed",
                "68 more kills, all prevented, would show 90%; 369 more instance-days without a false block would show 10 in 1,000"));
  }

  @Test
  void searchesBefore_areCounted_andThoseOnTheSameDataCost() {
    BacktestResult result =
        SmallFleet.run(
            BacktestConfig.DEFAULT.withTrials(new Trials(99, 500)),
            List.of(Policy.of("winner", "memory_max - shmem")));

    assertThat(reasons(result, "winner").getLast())
        .isEqualTo(
            new Reason(
                "tried",
                "600 formulas",
                List.of(
                    "500 formulas on other data, which makes nothing here less sure",
                    "so that the best of 100 is no accident, each claim of a PASS is 99.95% sure",
                    "the best of 100 that prevent each kill with the toss of a coin would look like 100% here")));
    assertThat(TextReport.render(result)).contains("· 600 formulas tried\n");
  }

  @Test
  void statedPrices_areTaken_andAnUnmeasuredOutageIsAssumed() {
    BacktestResult stated =
        SmallFleet.run(BacktestConfig.DEFAULT.withPrices(new Prices(1000.0, 7, 0, "EUR")));
    assertThat(reasons(stated, "generous"))
        .contains(
            new Reason(
                "cost",
                "1k EUR, at most 2k if everything undecided is bad",
                List.of(
                    "1k for 1 missed kill at 1k",
                    "0 for 0 false blocks at 7",
                    "0 for 0 GiB·h of slack at 0 for each GiB·h")));
  }

  @Test
  void referencePolicies_areNotJudged() {
    assertThat(reasons(SmallFleet.run(CONFIG), "never")).isEmpty();
  }

  @Test
  void terminal_showsReasonsOfFewCandidates_andMarkdownOfAll() {
    BacktestResult many =
        SmallFleet.run(
            BacktestConfig.DEFAULT,
            List.of(
                Policy.of("a", "600MiB"),
                Policy.of("b", "610MiB"),
                Policy.of("c", "620MiB"),
                Policy.of("d", "630MiB")));

    assertThat(TextReport.render(SmallFleet.run(CONFIG)))
        .contains("\ntalk\n  verdict          FAIL: ", "\n                   - 1 × client backend");
    assertThat(TextReport.render(many)).doesNotContain("tried  ");
    assertThat(MarkdownReport.render(many))
        .contains("<details><summary>Why: a</summary>", "<summary>Why: d</summary>")
        .contains("user &lt;app>");
  }
}
