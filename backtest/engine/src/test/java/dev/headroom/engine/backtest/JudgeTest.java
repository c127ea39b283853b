package dev.headroom.engine.backtest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.headroom.engine.backtest.Judgement.Outcome;
import dev.headroom.engine.kernel.BlockCounts;
import dev.headroom.engine.statistics.Estimate;
import dev.headroom.model.InstanceId;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class JudgeTest {

  private static final BacktestConfig CONFIG = BacktestConfig.DEFAULT;
  private static final double PLENTY_OF_DAYS = 3000;
  private static final BlockCounts NO_BLOCKS = new BlockCounts(0, 0, 0);

  private static KillCounts kills(int prevented, int missed, int undecidedGap) {
    return new KillCounts(prevented, missed, 0, undecidedGap, 0, 0, 0);
  }

  private static Judgement judge(KillCounts kills, int falseBlocks, double days) {
    return judge(kills, falseBlocks, days, null);
  }

  private static Judgement judge(
      KillCounts kills, int falseBlocks, double days, @Nullable Comparison comparison) {
    return Judge.of(CONFIG, 1)
        .judge(List.of(tally(0, kills, new BlockCounts(0, falseBlocks, 0), days)), comparison);
  }

  private static InstanceTally tally(
      int instance, KillCounts kills, BlockCounts blocks, double days) {
    return new InstanceTally(
        InstanceId.of("node", "/" + instance, "/data"), kills, blocks, days, null);
  }

  @Test
  void twentyNineOfTwentyNine_andCleanDays_pass() {
    // 0.05^(1/29) = 0.9019 >= 0.9; 2.9957/3000*1000 = 0.9986 <= 10
    Judgement judgement = judge(kills(29, 0, 0), 0, PLENTY_OF_DAYS);

    assertThat(judgement.outcome()).isEqualTo(Outcome.PASS);
    assertThat(judgement.reasons())
        .containsExactly(
            "at least 90.2% of kills prevented, on 1 instance",
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
    Comparison comparison = comparison(12, 2, 13, 0.0074);

    Judgement judgement = judge(kills(14, 13, 0), 0, PLENTY_OF_DAYS, comparison);

    assertThat(judgement.outcome()).isEqualTo(Outcome.FAIL);
    assertThat(judgement.reasons().getFirst()).isEqualTo("below talk, McNemar p=0.007");

    Comparison clearer = comparison(12, 0, 15, 0.00006);
    assertThat(judge(kills(12, 15, 0), 0, PLENTY_OF_DAYS, clearer).reasons().getFirst())
        .isEqualTo("below talk, McNemar p under 0.001");
  }

  private static Comparison comparison(int both, int onlyThis, int onlyAgainst, double pValue) {
    return new Comparison(
        "talk", both, onlyThis, onlyAgainst, 0, 15, pValue, null, Estimate.NO_DATA);
  }

  @Test
  void tenOfTenPrevented_isInconclusive_andNamesWhatIsMissing() {
    // 29 without a miss show 90%: 19 more; 300 clean days show 10 in 1,000
    Judgement judgement = judge(kills(10, 0, 0), 0, 100);

    assertThat(judgement.outcome()).isEqualTo(Outcome.INCONCLUSIVE);
    assertThat(judgement.neededKills()).isEqualTo(19);
    assertThat(judgement.neededInstanceDays()).isEqualTo(200);
    assertThat(judgement.reasons()).containsExactly("19 more kills", "200 more instance-days");
  }

  @Test
  void undecidedBlocks_neverHelp() {
    // 0 false: 2.9957/500 = 5.99 in 1,000; with 2 undecided as false: 6.2958/500 = 12.6 > 10
    List<InstanceTally> tallies =
        List.of(tally(0, kills(29, 0, 0), new BlockCounts(29, 0, 2), 500));

    Judgement judgement = Judge.of(CONFIG, 1).judge(tallies, null);

    assertThat(judgement.outcome()).isEqualTo(Outcome.INCONCLUSIVE);
    assertThat(judgement.reasons()).containsExactly("130 more instance-days");
  }

  @Test
  void whatPassesAlone_doesNotPassAsTheBestOfMany() {
    // 1 - 0.05/100 sure: 0.0005^(1/29) = 0.769; 73 of 73 are needed (0.9^73 = 0.00046)
    KillCounts kills = kills(29, 0, 0);
    List<InstanceTally> tallies =
        List.of(tally(0, kills, new BlockCounts(0, 0, 0), PLENTY_OF_DAYS));

    assertThat(Judge.of(CONFIG, 1).judge(tallies, null).outcome()).isEqualTo(Outcome.PASS);
    assertThat(Judge.of(CONFIG, 100).judge(tallies, null).neededKills()).isEqualTo(44);
    // the same when a search before this run tried the other 99 on the same data
    assertThat(Judge.of(CONFIG.withTrials(new Trials(99, 0)), 1).judge(tallies, null).neededKills())
        .isEqualTo(44);
    // but not when it tried them on other data
    assertThat(Judge.of(CONFIG.withTrials(new Trials(0, 99)), 1).judge(tallies, null).outcome())
        .isEqualTo(Outcome.PASS);
  }

  @Test
  void killsOfInstancesThatDiffer_countLess() {
    // 97 of 100 kills prevented pass when the misses are on three instances of fifty...
    List<InstanceTally> spread = new ArrayList<>();
    // ...and do not when all are on one of ten: residuals -2.7 and nine of 0.3 make a design effect
    // of (8.1 * 10/9 / 10^4) / (0.97 * 0.03 / 99) = 3.06, so that is worth 31.7 of 32.7
    List<InstanceTally> lumped = new ArrayList<>();
    for (int i = 0; i < 50; i++) {
      spread.add(tally(i, kills(i < 3 ? 1 : 2, i < 3 ? 1 : 0, 0), NO_BLOCKS, PLENTY_OF_DAYS));
    }
    for (int i = 0; i < 10; i++) {
      lumped.add(tally(i, kills(i < 1 ? 7 : 10, i < 1 ? 3 : 0, 0), NO_BLOCKS, PLENTY_OF_DAYS));
    }

    assertThat(Judge.of(CONFIG, 1).judge(spread, null).reasons())
        .startsWith("at least 92.4% of kills prevented, on 50 instances");
    assertThat(Judge.of(CONFIG, 1).judge(lumped, null).outcome()).isEqualTo(Outcome.INCONCLUSIVE);
  }
}
