package dev.headroom.engine.backtest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.headroom.engine.backtest.Judgement.Outcome;
import org.junit.jupiter.api.Test;

final class JudgeTest {

  private static final BacktestConfig CONFIG = BacktestConfig.DEFAULT;
  private static final double PLENTY_OF_DAYS = 3000;

  private static KillCounts kills(int prevented, int missed, int undecidedGap) {
    return new KillCounts(prevented, missed, 0, undecidedGap, 0, 0, 0);
  }

  private static Judgement judge(KillCounts kills, int falseBlocks, double days) {
    return Judge.judge(CONFIG, kills, falseBlocks, days, null);
  }

  @Test
  void twentyNineOfTwentyNine_andCleanDays_pass() {
    // 0.05^(1/29) = 0.9019 >= 0.9; 2.9957/3000*1000 = 0.9986 <= 10
    Judgement judgement = judge(kills(29, 0, 0), 0, PLENTY_OF_DAYS);

    assertThat(judgement.outcome()).isEqualTo(Outcome.PASS);
    assertThat(judgement.reasons())
        .containsExactly(
            "at least 90.2% of kills prevented",
            "at most 0.999 false blocks in 1,000 instance-days");
  }

  @Test
  void tooFewKills_areInconclusive_andSayHowManyMore() {
    Judgement judgement = judge(kills(20, 0, 0), 0, PLENTY_OF_DAYS);

    assertThat(judgement.outcome()).isEqualTo(Outcome.INCONCLUSIVE);
    assertThat(judgement.neededKills()).isEqualTo(9);
    assertThat(judgement.neededInstanceDays()).isNull();
    assertThat(judgement.reasons()).containsExactly("9 more kills");
  }

  @Test
  void tooFewDays_areInconclusive_andSayHowManyMore() {
    // 2.9957 / 0.010 = 299.57 days in all, 9.2 were seen
    Judgement judgement = judge(kills(40, 0, 0), 0, 9.2);

    assertThat(judgement.outcome()).isEqualTo(Outcome.INCONCLUSIVE);
    assertThat(judgement.neededKills()).isNull();
    assertThat(judgement.neededInstanceDays()).isEqualTo(291);
  }

  @Test
  void undecidedKills_neverHelp() {
    // 29 prevented would pass; 3 undecided beside them count as missed
    assertThat(judge(kills(29, 0, 3), 0, PLENTY_OF_DAYS).outcome()).isEqualTo(Outcome.INCONCLUSIVE);
    // 14 of 27 fails, but with 13 undecided instead of missed it might still be 27 of 27
    assertThat(judge(kills(14, 13, 0), 0, PLENTY_OF_DAYS).outcome()).isEqualTo(Outcome.FAIL);
    assertThat(judge(kills(14, 0, 13), 0, PLENTY_OF_DAYS).outcome())
        .isEqualTo(Outcome.INCONCLUSIVE);
  }

  @Test
  void manyFalseBlocks_failEvenWithoutAKill() {
    // 10 events: lower 95% bound 5.4254; over 100 days 54.254 in 1,000 > 10
    Judgement judgement = judge(kills(0, 0, 0), 10, 100);

    assertThat(judgement.outcome()).isEqualTo(Outcome.FAIL);
    assertThat(judgement.reasons())
        .containsExactly("at least 54.3 false blocks in 1,000 instance-days, goal 10");
  }

  @Test
  void ratesOfAShortRecording_areWrittenCompactly() {
    // 3 events: lower 95% bound 0.81769; over 60 s, 1/1440 days: 1.177 million in 1,000
    assertThat(judge(kills(0, 0, 0), 3, 1.0 / 1440).reasons())
        .containsExactly("at least 1.2M false blocks in 1,000 instance-days, goal 10");
  }

  @Test
  void nothingToJudgeBy_isNoData_neverAPass() {
    assertThat(judge(kills(0, 0, 0), 0, PLENTY_OF_DAYS).outcome()).isEqualTo(Outcome.NO_DATA);
    assertThat(judge(kills(0, 0, 0), 0, 0).outcome()).isEqualTo(Outcome.NO_DATA);
  }

  @Test
  void significantlyWorseThanTheOther_fails() {
    // 13 to 2 discordant: 2 * P(X <= 2 of 15) = 2 * 121/32768 = 0.0074
    Comparison comparison = new Comparison("talk", 12, 2, 13, 0, 5, 0.0074);

    Judgement judgement = Judge.judge(CONFIG, kills(14, 13, 0), 0, PLENTY_OF_DAYS, comparison);

    assertThat(judgement.outcome()).isEqualTo(Outcome.FAIL);
    assertThat(judgement.reasons().getFirst()).isEqualTo("below talk, McNemar p=0.007");

    Comparison clearer = new Comparison("talk", 12, 0, 15, 0, 5, 0.00006);
    assertThat(
            Judge.judge(CONFIG, kills(12, 15, 0), 0, PLENTY_OF_DAYS, clearer).reasons().getFirst())
        .isEqualTo("below talk, McNemar p under 0.001");
  }
}
