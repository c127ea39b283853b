package dev.headroom.collector.sampling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.headroom.model.Fact;
import dev.headroom.model.Facts;
import dev.headroom.model.InstanceId;
import dev.headroom.model.MemoryLimit;
import dev.headroom.model.Sample;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CadenceTest {

  private static final Instant AT = Instant.parse("2026-01-01T00:00:00Z");
  private static final long LIMIT = 1000;

  /**
   * 1000 ms at half of the limit, 100 ms at three quarters: 625 of 1000 is in the middle, 550 ms.
   */
  @ParameterizedTest
  @CsvSource({"0, 1000", "500, 1000", "625, 550", "750, 100", "990, 100", "2000, 100"})
  void wait_followsTheShareThatCannotBeReclaimed(long unreclaimable, long waitMs) {
    assertThat(next(pressure(0, unreclaimable), null)).isEqualTo(Duration.ofMillis(waitMs));
  }

  /** From 100 to 190 in one second leaves 810 at 90 a second: 9 s, below the horizon of 10 s. */
  @Test
  void growthTowardsTheLimit_isFastAtAnyShare() {
    assertThat(next(pressure(1000, 190), pressure(0, 100))).isEqualTo(Duration.ofMillis(100));
    assertThat(next(pressure(1000, 170), pressure(0, 100))).isEqualTo(Duration.ofSeconds(1));
  }

  @Test
  void slowingDown_takesSeveralSamples() {
    Duration wait = Duration.ofMillis(100);
    for (long expected : new long[] {200, 400, 800, 1000, 1000}) {
      wait = Cadence.DEFAULT.next(pressure(0, 0), null, wait);
      assertThat(wait).isEqualTo(Duration.ofMillis(expected));
    }
  }

  @Test
  void withoutALimitOrUsage_isSlow() {
    assertThat(next(new Cadence.Pressure(AT, 999, null), null)).isEqualTo(Duration.ofSeconds(1));
    assertThat(next(null, null)).isEqualTo(Duration.ofSeconds(1));
  }

  @Test
  void fileCache_doesNotCountAsPressure() {
    Sample sample =
        new Sample(
            InstanceId.of("n", "c", "d"),
            AT,
            MemoryLimit.ofBytes(LIMIT),
            Facts.builder()
                .set(Fact.MEMORY_CURRENT, 990)
                .set(Fact.ACTIVE_FILE, 400)
                .set(Fact.INACTIVE_FILE, 300)
                .build(),
            List.of());

    assertThat(Objects.requireNonNull(Cadence.Pressure.of(sample)).unreclaimableBytes())
        .isEqualTo(290);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void wait_isAlwaysWithinItsBounds(long seed) {
    Random random = new Random(seed);
    Duration wait = Duration.ofSeconds(1);
    Cadence.@Nullable Pressure before = null;
    for (int i = 0; i < 10_000; i++) {
      Cadence.Pressure now = pressure(i * 100L, random.nextLong(3 * LIMIT));
      wait = Cadence.DEFAULT.next(now, random.nextBoolean() ? before : null, wait);
      assertThat(wait)
          .as("seed %d, step %d", seed, i)
          .isBetween(Duration.ofMillis(100), Duration.ofSeconds(1));
      before = now;
    }
  }

  @Test
  void bounds_areChecked() {
    assertThatThrownBy(() -> new Cadence(Duration.ofMillis(50), Duration.ofMillis(100)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("100 ms");
  }

  private static Duration next(Cadence.@Nullable Pressure now, Cadence.@Nullable Pressure before) {
    return Cadence.DEFAULT.next(now, before, Duration.ofSeconds(1));
  }

  private static Cadence.Pressure pressure(long atMs, long unreclaimable) {
    return new Cadence.Pressure(AT.plusMillis(atMs), unreclaimable, LIMIT);
  }
}
