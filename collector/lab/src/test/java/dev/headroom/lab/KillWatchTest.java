package dev.headroom.lab;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class KillWatchTest {

  @Test
  void mostWithin_countsTheFullestWindow() {
    // Window 10: {0, 5} 2, {5, 12, 14} 3, {12, 14, 21} 3, {14, 21, 22, 23} 4.
    assertThat(KillWatch.mostWithin(10, List.of(0L, 5L, 12L, 14L, 21L, 22L, 23L))).isEqualTo(4);
  }

  @Test
  void mostWithin_leavesOutWhatIsExactlyOneWindowAway() {
    assertThat(KillWatch.mostWithin(10, List.of(0L, 10L))).isEqualTo(1);
    assertThat(KillWatch.mostWithin(10, List.of())).isZero();
  }
}
