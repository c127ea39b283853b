package dev.headroom.engine.fleet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.headroom.engine.recording.InstanceReader;
import dev.headroom.engine.recording.RecordingDirectory;
import dev.headroom.model.BackendKind;
import dev.headroom.model.Fact;
import dev.headroom.model.MemoryLimit;
import dev.headroom.model.ProcessSample;
import dev.headroom.model.Sample;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.commons.math3.stat.descriptive.rank.Percentile;
import org.junit.jupiter.api.Test;

/** The generator's quantiles are those of the recording that comes with Headroom. */
final class LabQuantilesTest {

  private static final double MIB = 1L << 20;

  private final List<Double> memoryMax = new ArrayList<>();
  private final List<Double> shmem = new ArrayList<>();
  private final List<Double> pageTables = new ArrayList<>();
  private final List<Double> idle = new ArrayList<>();
  private final List<Double> active = new ArrayList<>();

  LabQuantilesTest() throws IOException {
    RecordingDirectory corpus = RecordingDirectory.open(Path.of("..", "corpus", "lab-corpus"));
    try (InstanceReader reader = corpus.instances()) {
      reader.forEachRemaining(recording -> recording.samples().forEach(this::add));
    }
  }

  private void add(Sample sample) {
    if (sample.memoryMax() instanceof MemoryLimit.Bytes(long bytes)) {
      memoryMax.add(bytes / MIB);
      sample.facts().find(Fact.SHMEM).ifPresent(each -> shmem.add((double) each / bytes));
      sample
          .facts()
          .find(Fact.PAGE_TABLES)
          .ifPresent(each -> pageTables.add((double) each / bytes));
    }
    for (ProcessSample process : sample.processes()) {
      if (process.kind() == BackendKind.CLIENT_BACKEND && process.residentAnonBytes() != null) {
        (process.statementNumber() == null ? idle : active).add(process.residentAnonBytes() / MIB);
      }
    }
  }

  @Test
  void quantiles_areTheLabs() {
    assertClose(LabQuantiles.MEMORY_MAX_MIB, memoryMax);
    assertClose(LabQuantiles.SHMEM_SHARE, shmem);
    assertClose(LabQuantiles.PAGE_TABLES_SHARE, pageTables);
    assertClose(LabQuantiles.IDLE_MIB, idle);
    assertClose(LabQuantiles.ACTIVE_MIB, active);
    assertThat((double) active.size() / (active.size() + idle.size()))
        .isCloseTo(LabQuantiles.ACTIVE_SHARE, within(0.01));
  }

  private static void assertClose(LabQuantiles quantiles, List<Double> lab) {
    Percentile percentile = new Percentile().withEstimationType(Percentile.EstimationType.R_7);
    percentile.setData(lab.stream().mapToDouble(Double::doubleValue).toArray());
    for (int i = 0; i < quantiles.at.length; i++) {
      double expected =
          quantiles.at[i] == 0
              ? lab.stream().mapToDouble(Double::doubleValue).min().orElseThrow()
              : percentile.evaluate(100 * quantiles.at[i]);
      assertThat(quantiles.values[i])
          .as("quantile %s", quantiles.at[i])
          .isCloseTo(expected, within(0.02 * expected + 0.001));
    }
  }
}
