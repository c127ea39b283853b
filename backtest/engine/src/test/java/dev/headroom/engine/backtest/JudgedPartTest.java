package dev.headroom.engine.backtest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.headroom.engine.backtest.SmallFleet.Cycle;
import dev.headroom.engine.kernel.BlockCounts;
import dev.headroom.model.InstanceId;
import dev.headroom.model.InstanceRecording;
import dev.headroom.model.Policy;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What is judged of a recording: from when on, and how long before a kill a refusal may come. */
final class JudgedPartTest {

  private static final InstanceRecording THREE_KILLS =
      SmallFleet.instance("a", List.of(Cycle.KILLED, Cycle.KILLED, Cycle.KILLED));

  private static PolicyResult run(
      InstanceRecording recording,
      @Nullable Instant startsAt,
      BacktestConfig config,
      String formula) {
    return Backtest.run(
            new RecordingSource("test", startsAt, null, "hash", List.of(recording)),
            List.of(Candidate.parse(Policy.of("it", formula))),
            config,
            ProgressListener.NONE)
        .policies()
        .getFirst();
  }

  @Test
  void whatWasBeforeTheFirstMoment_isNeitherKillNorBlockNorTime() {
    PolicyResult whole = run(THREE_KILLS, null, BacktestConfig.DEFAULT, "600MiB");
    PolicyResult last = run(THREE_KILLS, SmallFleet.startOf(2), BacktestConfig.DEFAULT, "600MiB");

    assertThat(whole.kills().prevented()).isEqualTo(3);
    assertThat(last.kills().prevented()).isEqualTo(1);
    assertThat(last.kills().total()).isEqualTo(1);
    assertThat(last.blocks().justified()).isEqualTo(1);
    // 4.5 s of each minute are evaluated: from its first sample to its kill.
    assertThat(last.instanceDays() * 86400).isBetween(4.49, 4.51);
  }

  @Test
  void formulasLookBackBeforeTheFirstMoment() {
    // At the third minute's first sample the maximum of two minutes is 760 MiB, of that minute 10.
    String formula = "max_over_time(allocated, 2m) - 160MiB";

    PolicyResult last = run(THREE_KILLS, SmallFleet.startOf(2), BacktestConfig.DEFAULT, formula);

    assertThat(last.noDecisions()).isZero();
    assertThat(last.killOutcomes().getFirst().limitBytes()).isEqualTo(600 * SmallFleet.MIB);
  }

  @Test
  void anInstanceThatIsDownAtTheFirstMoment_staysDownUntilItIsReady() {
    // From 5 s on: the kill of the first minute was before, ready comes after.
    PolicyResult rest =
        run(THREE_KILLS, SmallFleet.START.plusSeconds(5), BacktestConfig.DEFAULT, "600MiB");

    assertThat(rest.kills().total()).isEqualTo(2);
    assertThat(rest.kills().secondary()).isZero();
  }

  @Test
  void aRefusalBeforeTheHorizon_isAFalseBlock() {
    // Refused in (2 s, 3 s] and logged at its end: 1.5 s before the kill.
    BacktestConfig longEnough = BacktestConfig.DEFAULT.withHorizon(Duration.ofMillis(1500));
    BacktestConfig tooShort = BacktestConfig.DEFAULT.withHorizon(Duration.ofMillis(1499));

    assertThat(run(THREE_KILLS, null, longEnough, "600MiB").blocks())
        .isEqualTo(new BlockCounts(3, 0, 0));
    assertThat(run(THREE_KILLS, null, tooShort, "600MiB").blocks())
        .isEqualTo(new BlockCounts(0, 3, 0));
    assertThatThrownBy(() -> BacktestConfig.DEFAULT.withHorizon(Duration.ZERO))
        .hasMessageContaining("the horizon is above 0");
  }

  @Test
  void parityBelowItsThreshold_marksEveryVerdict_andLetsNothingPass() {
    BacktestResult result =
        Backtest.run(
            new RecordingSource("test", "hash", List.of(THREE_KILLS)),
            List.of(Candidate.parse(Policy.of("it", "600MiB"))),
            BacktestConfig.DEFAULT.withGoals(0.3, 1e9),
            ProgressListener.NONE);
    assertThat(judgement(result).outcome()).isEqualTo(Judgement.Outcome.PASS);

    Judgement trusted = judgement(result.withParity(parity(8)));
    Judgement untrusted = judgement(result.withParity(parity(7)));

    assertThat(trusted.outcome()).isEqualTo(Judgement.Outcome.PASS);
    assertThat(untrusted.outcome()).isEqualTo(Judgement.Outcome.INCONCLUSIVE);
    assertThat(untrusted.reasons().getFirst())
        .isEqualTo(
            "untrusted, for the replay differs from the live guard"
                + " (precision 7/10, recall 7/10, threshold 80%)");
    assertThat(new Parity(0, 0, 0, 0.8).isBelowThreshold()).isFalse();
    assertThat(new Parity(0, 1, 0, 0.8).isBelowThreshold()).isTrue();
  }

  private static Judgement judgement(BacktestResult result) {
    return Objects.requireNonNull(result.policies().getFirst().judgement());
  }

  private static Map<InstanceId, Parity> parity(int agreed) {
    InstanceId first = InstanceId.parse("00000000-0000-0000-0000-000000000001");
    InstanceId second = InstanceId.parse("00000000-0000-0000-0000-000000000002");
    return Map.of(first, new Parity(6, 6, agreed - 3, 0.8), second, new Parity(4, 4, 3, 0.8));
  }
}
