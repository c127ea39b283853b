package dev.headroom.collector.sampling;

import static org.assertj.core.api.Assertions.assertThat;

import dev.headroom.model.Facts;
import dev.headroom.model.InstanceId;
import dev.headroom.model.Sample;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class SamplingPlanTest {

  private static final long SECOND = 1_000_000_000L;
  private static final Sample SAMPLE =
      new Sample(InstanceId.of("n", "c", "d"), Instant.EPOCH, null, Facts.none(), List.of());

  @Test
  void samplesOnTime_leaveNoGap() {
    SamplingPlan plan = new SamplingPlan(Cadence.DEFAULT, 0);

    assertThat(plan.isDue(0)).isTrue();
    assertThat(plan.sampled(SAMPLE, 0)).isEmpty();
    assertThat(plan.isDue(SECOND - 1)).isFalse();
    assertThat(plan.dueInNs(SECOND / 4)).isEqualTo(SECOND * 3 / 4);
    assertThat(plan.sampled(SAMPLE, SECOND)).isEmpty();
    assertThat(plan.sampled(SAMPLE, 4 * SECOND)).isEmpty();
  }

  /** At one sample a second, 3.5 s after the last one: those due after 1 s and 2 s are missing. */
  @Test
  void lateSample_isAGapWithWhatWasMissed() {
    SamplingPlan plan = new SamplingPlan(Cadence.DEFAULT, 0);
    plan.sampled(SAMPLE, 0);

    assertThat(plan.sampled(SAMPLE, SECOND * 7 / 2))
        .contains(new SamplingPlan.Gap(2, Duration.ofMillis(3500)));
  }
}
