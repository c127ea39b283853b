package dev.headroom.engine.proof;

import static org.assertj.core.api.Assertions.assertThat;

import dev.headroom.engine.backtest.Parity;
import dev.headroom.engine.backtest.SmallFleet;
import dev.headroom.engine.backtest.SmallFleet.Cycle;
import dev.headroom.model.BackendKind;
import dev.headroom.model.Decision;
import dev.headroom.model.GuardEvent;
import dev.headroom.model.GuardMode;
import dev.headroom.model.InstanceRecording;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Three calm minutes and one with a kill under a shadow limit of 600 MiB, which the statement of
 * each minute crosses in (2 s, 3 s].
 */
final class ParityCheckTest {

  private static final String SHADOW = "shadow-600";
  private static final InstanceRecording RECORDING =
      SmallFleet.instance("a", List.of(Cycle.CALM, Cycle.CALM, Cycle.CALM, Cycle.KILLED));

  private static GuardEvent wouldBlock(
      int cycle, long afterMs, @Nullable Long statement, @Nullable String policyId) {
    return wouldBlock(cycle, afterMs, 101, statement, BackendKind.CLIENT_BACKEND, null, policyId);
  }

  private static GuardEvent wouldBlockOfWorker(int pid, long queryId) {
    return wouldBlock(0, 2500, pid, 1L, BackendKind.PARALLEL_WORKER, queryId, SHADOW);
  }

  private static GuardEvent wouldBlock(
      int cycle,
      long afterMs,
      int pid,
      @Nullable Long statement,
      BackendKind kind,
      @Nullable Long queryId,
      @Nullable String policyId) {
    return new GuardEvent(
        RECORDING.instance().id(),
        SmallFleet.startOf(cycle).plusMillis(afterMs),
        GuardEvent.Kind.WOULD_BLOCK,
        pid,
        statement,
        kind,
        queryId,
        policyId,
        600 * SmallFleet.MIB,
        null,
        null,
        null,
        GuardMode.SHADOW,
        null,
        null);
  }

  private static Decision decision(Instant at, String policyId, long limitMib) {
    return new Decision(
        RECORDING.instance().id(),
        at,
        policyId,
        limitMib * SmallFleet.MIB,
        GuardMode.SHADOW,
        false,
        null,
        Map.of(),
        null,
        null,
        null);
  }

  private static List<ParityCheck.Finding> check(GuardEvent... events) {
    return ParityCheck.check(
        SmallFleet.with(
            RECORDING,
            List.of(events),
            List.of(
                decision(SmallFleet.START, SHADOW, 600), decision(SmallFleet.START, "other", 900))),
        0.8);
  }

  @Test
  void everyLoggedWouldBlock_isPredicted() {
    List<ParityCheck.Finding> findings =
        check(
            wouldBlock(0, 2500, SmallFleet.statementOf(0), SHADOW),
            wouldBlock(1, 2500, SmallFleet.statementOf(1), SHADOW),
            // Nobody knew the statement: the interval tells.
            wouldBlock(2, 2500, null, SHADOW),
            wouldBlock(3, 2500, SmallFleet.statementOf(3), SHADOW));

    assertThat(findings).hasSize(1);
    assertThat(findings.getFirst().parity()).isEqualTo(new Parity(4, 4, 4, 0.8));
    assertThat(findings.getFirst().differences()).isEmpty();
    assertThat(findings.getFirst().parity().isBelowThreshold()).isFalse();
  }

  @Test
  void whatOnlyOneSideHas_isADifference() {
    List<ParityCheck.Finding> findings =
        check(
            wouldBlock(0, 2500, SmallFleet.statementOf(0), SHADOW),
            // The same statement again is no second one.
            wouldBlock(0, 2600, SmallFleet.statementOf(0), SHADOW),
            // A statement between two samples.
            wouldBlock(1, 5500, 77L, SHADOW));

    ParityCheck.Finding finding = findings.getFirst();
    assertThat(finding.parity()).isEqualTo(new Parity(4, 2, 1, 0.8));
    assertThat(finding.parity().isBelowThreshold()).isTrue();
    assertThat(finding.differences()).hasSize(4);
    assertThat(finding.differences())
        .filteredOn(ParityCheck.Difference::isLogged)
        .singleElement()
        .satisfies(difference -> assertThat(difference.statementNumber()).isEqualTo(77));
  }

  @Test
  void aWorkersStatement_isItsLeaders_whereTheQueryTells() {
    // 17 is what backend 101 runs; its leader's own block is the same statement once more.
    ParityCheck.Finding finding =
        check(
                wouldBlockOfWorker(201, 17),
                wouldBlockOfWorker(202, 17),
                wouldBlock(0, 2600, SmallFleet.statementOf(0), SHADOW))
            .getFirst();

    assertThat(finding.parity()).isEqualTo(new Parity(4, 1, 1, 0.8));
    assertThat(check(wouldBlockOfWorker(201, 18)).getFirst().parity())
        .isEqualTo(new Parity(4, 1, 0, 0.8));
  }

  @Test
  void eachPolicy_isReplayedUnderItsOwnLimit() {
    List<ParityCheck.Finding> findings =
        check(
            wouldBlock(0, 2500, SmallFleet.statementOf(0), "other"),
            wouldBlock(0, 2500, SmallFleet.statementOf(0), SHADOW));

    assertThat(findings).extracting(ParityCheck.Finding::policyId).containsExactly("other", SHADOW);
    // 900 MiB is never crossed: what the log says of it is not predicted.
    assertThat(findings.getFirst().parity()).isEqualTo(new Parity(0, 1, 0, 0.8));
    assertThat(findings.get(1).parity()).isEqualTo(new Parity(4, 1, 1, 0.8));
  }

  @Test
  void aRecordingWithoutAGuard_hasNoParity() {
    assertThat(ParityCheck.check(RECORDING, 0.8)).isEmpty();
    // A policy whose limits nobody logged cannot be replayed.
    assertThat(check(wouldBlock(0, 2500, 1L, "unknown"))).isEmpty();
  }
}
