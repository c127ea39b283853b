package dev.headroom.engine.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import dev.headroom.engine.backtest.SmallFleet;
import dev.headroom.engine.backtest.SmallFleet.Cycle;
import dev.headroom.formula.Formula;
import dev.headroom.model.Fidelity;
import dev.headroom.model.InstanceRecording;
import dev.headroom.model.Policy;
import dev.headroom.model.ProcessSample;
import dev.headroom.model.Sample;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Without a guard, only a process that was in a statement once is known to be idle without one. The
 * backend holds 10, 100, 400, 700, 760, 10 MiB; the limit of 600 is crossed in (2 s, 3 s] and stays
 * so until 5 s.
 */
final class IdleProcessTest {

  @Test
  void whereNobodyReadsStatements_whateverGrowsIsRefused() {
    ReplayOutcome outcome = replay(null, null, null, null, null, null);

    assertThat(outcome.blocks())
        .singleElement()
        .satisfies(block -> {
          assertThat(block.statementNumber()).isNull();
          assertThat(block.growthBytes()).isEqualTo(300 * SmallFleet.MIB);
        });
    assertThat(outcome.breaches()).isZero();
  }

  @Test
  void whereStatementsAreRead_anIdleProcessIsNot() {
    ReplayOutcome outcome = replay(1L, null, null, null, null, null);

    assertThat(outcome.blocks()).isEmpty();
    // (2 s, 3 s] at 700, (3 s, 4 s] at 760, and (4 s, 5 s] whose peak is the 760 before it
    assertThat(outcome.breaches()).isEqualTo(3);
  }

  @Test
  void theStatementThatTheSampleBeforeSaw_isRefusedInItsLastInterval() {
    ReplayOutcome outcome = replay(1L, 1L, 1L, null, null, null);

    assertThat(outcome.blocks())
        .singleElement()
        .satisfies(block -> assertThat(block.blockClass()).isEqualTo(BlockClass.FALSE));
  }

  private static ReplayOutcome replay(@Nullable Long... statements) {
    InstanceRecording calm = SmallFleet.instance("a", List.of(Cycle.CALM));
    List<Sample> samples = new ArrayList<>();
    for (int i = 0; i < statements.length; i++) {
      Sample sample = calm.samples().get(i);
      samples.add(
          new Sample(
              sample.instanceId(),
              sample.sampledAt(),
              sample.memoryMax(),
              sample.facts(),
              List.of(inStatement(sample.processes().getFirst(), statements[i]))));
    }
    ReplayInput input =
        ReplayInput.of(
            new InstanceRecording(
                calm.instance(), samples, List.of(), List.of(), List.of(), List.of()));
    assertThat(input.fidelity()).isEqualTo(Fidelity.RESIDENT);
    return Replay.run(
        input,
        ReplayPolicy.candidate(
            Policy.of("600", "600MiB"), FormulaRule.compiled(Formula.parse("600MiB"))));
  }

  private static ProcessSample inStatement(ProcessSample process, @Nullable Long statement) {
    return new ProcessSample(
        process.pid(),
        process.startTicks(),
        process.namespacePid(),
        process.kind(),
        process.blockable(),
        process.database(),
        process.user(),
        statement,
        process.queryId(),
        process.queryFingerprint(),
        process.residentAnonBytes(),
        process.residentFileBytes(),
        process.residentShmemBytes(),
        process.pageTablesBytes(),
        process.swapBytes(),
        process.oomScoreAdj(),
        process.guardAllocatedBytes(),
        process.guardAllocatedPeakBytes());
  }
}
