package dev.headroom.engine.proof;

import static org.assertj.core.api.Assertions.assertThat;

import dev.headroom.engine.backtest.Candidate;
import dev.headroom.engine.backtest.SmallFleet;
import dev.headroom.engine.backtest.SmallFleet.Cycle;
import dev.headroom.engine.proof.LeakCheck.LimitEngine;
import dev.headroom.formula.FormulaLibrary;
import dev.headroom.model.Fact;
import dev.headroom.model.InstanceRecording;
import dev.headroom.model.Policy;
import dev.headroom.model.Sample;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The engine does not look ahead, and one that did would be caught. */
final class LeakCheckTest {

  private static final InstanceRecording RECORDING =
      SmallFleet.instance(
          "a", List.of(Cycle.KILLED, Cycle.CALM, Cycle.KILLED, new Cycle(true, 200 << 20)));

  private static LimitEngine engine(String formula) {
    return LimitEngine.of(Candidate.parse(Policy.of("it", formula)));
  }

  @Test
  void noFormulaOfTheLibrary_looksAhead() {
    FormulaLibrary.list()
        .forEach(formula -> {
          LeakCheck.Finding finding = LeakCheck.check(RECORDING, engine(formula.text()), 100, 1);

          // 5 samples in each of three killed minutes and 6 in the calm one: 1 + 2 + … + 21.
          assertThat(finding.cuts()).isEqualTo(21);
          assertThat(finding.decisions()).isEqualTo(231);
          assertThat(finding.leaks()).as(formula.name()).isEmpty();
        });
  }

  /** The real engine, fed with one sample too many: each decision sees what came next. */
  @Test
  void anEngineThatPeeks_oneSampleAhead_isCaught() {
    LimitEngine real = engine("memory_max - shmem - allocated");
    LimitEngine peeking =
        recording -> {
          List<Sample> shifted = new ArrayList<>();
          List<Sample> samples = recording.samples();
          for (int i = 0; i < samples.size(); i++) {
            Sample next = samples.get(Math.min(i + 1, samples.size() - 1));
            shifted.add(
                new Sample(
                    next.instanceId(),
                    samples.get(i).sampledAt(),
                    next.memoryMax(),
                    next.facts(),
                    next.processes()));
          }
          return real.limits(withSamples(recording, shifted));
        };

    LeakCheck.Finding finding = LeakCheck.check(RECORDING, peeking, 100, 1);

    // 21 samples: the last has none after it, and the calm minute ends as the next one starts.
    assertThat(finding.leaks()).hasSize(19);
    LeakCheck.Leak first = finding.leaks().getFirst();
    assertThat(first.decidedAt()).isEqualTo(first.cutAt()).isEqualTo(SmallFleet.START);
    assertThat(first.knowing().orElseThrow()).isEqualTo((1024 - 128 - 100) * SmallFleet.MIB);
    assertThat(first.notKnowing().orElseThrow()).isEqualTo((1024 - 128 - 10) * SmallFleet.MIB);
  }

  /** A quieter leak: a constant learned from the whole recording. */
  @Test
  void anEngineThatKnowsTheWorstOfAll_isCaughtByAFewCuts() {
    LimitEngine real = engine("memory_max - shmem");
    LimitEngine normalising =
        recording -> {
          long most =
              recording.samples().stream()
                  .mapToLong(sample -> sample.facts().get(Fact.SHMEM))
                  .max()
                  .orElseThrow();
          return real.limits(
              withSamples(
                  recording,
                  recording.samples().stream()
                      .map(sample -> sample.with(Fact.SHMEM, most))
                      .toList()));
        };

    assertThat(LeakCheck.check(RECORDING, normalising, 5, 3).leaks()).isNotEmpty();
    assertThat(LeakCheck.check(RECORDING, real, 5, 3).leaks()).isEmpty();
  }

  @Test
  void aRecordingWithoutSamples_hasNothingToCheck() {
    InstanceRecording empty = withSamples(RECORDING, Collections.emptyList());

    assertThat(LeakCheck.check(empty, engine("600MiB"), 5, 1)).isEqualTo(LeakCheck.Finding.NOTHING);
  }

  private static InstanceRecording withSamples(InstanceRecording recording, List<Sample> samples) {
    return new InstanceRecording(
        recording.instance(),
        samples,
        recording.kills(),
        recording.instanceEvents(),
        recording.guardEvents(),
        recording.decisions());
  }
}
