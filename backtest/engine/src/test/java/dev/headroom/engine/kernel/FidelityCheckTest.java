package dev.headroom.engine.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import dev.headroom.model.BackendKind;
import dev.headroom.model.Facts;
import dev.headroom.model.Fidelity;
import dev.headroom.model.InstanceId;
import dev.headroom.model.ProcessSample;
import dev.headroom.model.Sample;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class FidelityCheckTest {

  private static final InstanceId ID = InstanceId.of("n", "/pg", "/d");
  private static final ProcessSample GUARDED = process(4096L, 1000L);
  private static final ProcessSample RESIDENT = process(4096L, null);
  private static final ProcessSample UNREAD = process(null, null);

  @Test
  void oneProcessThatWasRead_speaksForItsSample() {
    assertThat(fidelity(List.of(UNREAD, RESIDENT, GUARDED))).isEqualTo(Fidelity.GUARD);
    assertThat(fidelity(List.of(UNREAD, RESIDENT))).isEqualTo(Fidelity.RESIDENT);
    assertThat(fidelity(List.of(UNREAD))).isEqualTo(Fidelity.CGROUP);
  }

  @Test
  void worstSample_speaksForTheInstance() {
    assertThat(fidelity(List.of(GUARDED), List.of(RESIDENT), List.of(GUARDED)))
        .isEqualTo(Fidelity.RESIDENT);
    assertThat(fidelity(List.of(GUARDED), List.of(UNREAD))).isEqualTo(Fidelity.CGROUP);
  }

  @Test
  void sampleWithoutProcesses_saysNothing() {
    assertThat(fidelity(List.of(), List.of(GUARDED))).isEqualTo(Fidelity.GUARD);
    assertThat(fidelity(List.of())).isEqualTo(Fidelity.CGROUP);
    assertThat(fidelity()).isEqualTo(Fidelity.CGROUP);
  }

  @Test
  void severalTogether_areAsGoodAsTheWorst() {
    assertThat(FidelityCheck.worst(List.of(Fidelity.GUARD, Fidelity.RESIDENT)))
        .isEqualTo(Fidelity.RESIDENT);
    assertThat(FidelityCheck.worst(List.of(Fidelity.GUARD))).isEqualTo(Fidelity.GUARD);
    assertThat(FidelityCheck.worst(List.of())).isEqualTo(Fidelity.CGROUP);
  }

  @SafeVarargs
  private static Fidelity fidelity(List<ProcessSample>... processes) {
    Instant time = Instant.EPOCH;
    List<Sample> samples = new ArrayList<>();
    for (List<ProcessSample> ofSample : processes) {
      time = time.plusSeconds(1);
      samples.add(new Sample(ID, time, null, Facts.none(), ofSample));
    }
    return FidelityCheck.of(samples).fidelity();
  }

  private static ProcessSample process(
      @Nullable Long residentAnonBytes, @Nullable Long guardAllocatedBytes) {
    return new ProcessSample(
        1,
        1,
        null,
        BackendKind.CLIENT_BACKEND,
        true,
        null,
        null,
        null,
        null,
        null,
        residentAnonBytes,
        null,
        null,
        null,
        null,
        null,
        guardAllocatedBytes,
        null);
  }
}
