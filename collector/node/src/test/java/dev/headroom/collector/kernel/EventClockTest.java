package dev.headroom.collector.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EventClockTest {

  private static final Instant BOOTED = Instant.parse("2026-01-01T00:00:00Z");

  @TempDir private Path folder;
  private long boottimeNs = 5_000_000_000L;
  private Instant wall = BOOTED.plusSeconds(5);

  @Test
  void boottime_isMappedToTheMicrosecond() throws IOException {
    EventClock clock = open("boot");

    assertThat(clock.at(1_234_567_891L)).isEqualTo(BOOTED.plusNanos(1_234_567_000L));
    assertThat(clock.atTicks(150)).isEqualTo(BOOTED.plusMillis(1500));
    assertThat(EventClock.ticksOf(1_509_999_999L)).isEqualTo(150);
  }

  @Test
  void restartAfterTheWallClockWasSet_keepsTheMappingOfTheBoot() throws IOException {
    EventClock before = open("boot");
    wall = wall.plus(Duration.ofHours(1));
    EventClock after = open("boot");

    assertThat(after.at(1)).isEqualTo(before.at(1));
    assertThat(after.wallClockOffset()).isEqualTo(Duration.ofHours(1));
  }

  @Test
  void anotherBoot_getsAnotherMapping() throws IOException {
    open("boot");
    wall = BOOTED.plus(Duration.ofDays(1));
    boottimeNs = 0;

    assertThat(open("next").at(0)).isEqualTo(BOOTED.plus(Duration.ofDays(1)));
  }

  @Test
  void damagedMapping_isAnErrorThatNamesTheFile() throws IOException {
    Files.writeString(folder.resolve("clock"), "boot yesterday\n");

    assertThatThrownBy(() -> open("boot"))
        .isInstanceOf(MalformedFileException.class)
        .hasMessageContaining("clock");
  }

  private EventClock open(String bootId) throws IOException {
    return EventClock.open(folder.resolve("clock"), bootId, () -> boottimeNs, () -> wall);
  }
}
