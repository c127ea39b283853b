package dev.headroom.collector.autotune;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.headroom.collector.guard.PolicyLimit;
import java.time.Duration;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class LimitDampingTest {

  private static final long MIB = 1 << 20;
  private static final Duration SECOND = Duration.ofSeconds(1);

  /** 1% of 1000 MiB is 10 MiB: 9 more or less stay away, 10 do not. */
  @Test
  void deadBand_isTheLargerOfBytesAndShare() {
    LimitDamping damping = new LimitDamping(5 * MIB, 0.01, OptionalLong.empty());
    for (long change : new long[] {9 * MIB, -9 * MIB}) {
      LimitDamping.Damped damped =
          damping.damp(limit(1000 * MIB + change), limit(1000 * MIB), SECOND);
      assertThat(damped.limit()).isEqualTo(limit(1000 * MIB));
      assertThat(damped.why()).contains("within the dead band");
    }
    assertThat(damping.damp(limit(990 * MIB), limit(1000 * MIB), SECOND).limit())
        .isEqualTo(limit(990 * MIB));
    assertThat(damping.damp(limit(104 * MIB), limit(100 * MIB), SECOND).why()).isNotNull();
    assertThat(damping.damp(limit(105 * MIB), limit(100 * MIB), SECOND).why()).isNull();
  }

  /** 10 MiB a second for half a second are 5. */
  @Test
  void aLimit_risesSlowly_andFallsAtOnce() {
    LimitDamping damping = new LimitDamping(0, 0, OptionalLong.of(10 * MIB));
    LimitDamping.Damped rising =
        damping.damp(limit(200 * MIB), limit(100 * MIB), Duration.ofMillis(500));
    assertThat(rising.limit()).isEqualTo(limit(105 * MIB));
    assertThat(rising.why()).startsWith("it rises by at most 10485760 bytes a second");
    assertThat(damping.damp(limit(1), limit(100 * MIB), SECOND))
        .isEqualTo(new LimitDamping.Damped(limit(1), null));
    assertThat(damping.damp(limit(109 * MIB), limit(100 * MIB), SECOND).why()).isNull();
  }

  @Test
  void theFirstLimit_andWithoutDampingEveryLimit_isInForceAsDecided() {
    LimitDamping damping = new LimitDamping(MIB, 0.5, OptionalLong.of(1));
    assertThat(damping.damp(limit(7), null, SECOND).limit()).isEqualTo(limit(7));
    assertThat(LimitDamping.NONE.damp(limit(9), limit(8), Duration.ZERO))
        .isEqualTo(new LimitDamping.Damped(limit(9), null));
  }

  @Test
  void anotherPolicy_isNeverWithinTheDeadBand() {
    LimitDamping damping = new LimitDamping(MIB, 0, OptionalLong.empty());
    PolicyLimit other = new PolicyLimit("other", 101);
    assertThat(damping.damp(other, limit(100), SECOND).limit()).isEqualTo(other);
  }

  @Test
  void dampingThatMakesNoSense_isRefused() {
    assertThatThrownBy(() -> new LimitDamping(-1, 0, OptionalLong.empty()))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new LimitDamping(0, Double.NaN, OptionalLong.empty()))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new LimitDamping(0, 0, OptionalLong.of(0)))
        .isInstanceOf(IllegalArgumentException.class);
  }

  private static PolicyLimit limit(long bytes) {
    return new PolicyLimit("p", bytes);
  }
}
