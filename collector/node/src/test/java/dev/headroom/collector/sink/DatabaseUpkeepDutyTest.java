package dev.headroom.collector.sink;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class DatabaseUpkeepDutyTest {

  private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");

  private final FakeDatabase database = new FakeDatabase();
  private Instant now = START;
  private final DatabaseUpkeepDuty duty =
      new DatabaseUpkeepDuty(database, () -> now, new Random(7));

  @Test
  void nothing_isDoneBeforeTheFirstDelay() throws IOException {
    Duration wait = duty.doWork();

    assertThat(database.calls).isEmpty();
    assertThat(wait).isBetween(Duration.ofSeconds(48), Duration.ofSeconds(60));
  }

  @Test
  void day_hasARefreshEveryFiveMinutesAndOneRetention() throws IOException {
    List<Instant> refreshed = new ArrayList<>();
    List<Instant> retained = new ArrayList<>();
    while (now.isBefore(START.plus(Duration.ofDays(1)).minus(Duration.ofHours(5)))) {
      int before = database.calls.size();
      now = now.plus(duty.doWork());
      List<String> done = database.calls.subList(before, database.calls.size());
      if (done.contains("rollups")) {
        refreshed.add(now);
      }
      if (done.contains("retention")) {
        retained.add(now);
      }
    }

    // 19 h are 1140 min: 228 waits of 5 min, or 285 of 4 min, the shortest that chance gives.
    assertThat(refreshed).hasSizeBetween(228, 285);
    assertThat(retained).hasSize(1);
    assertThat(retained.getFirst()).isBefore(START.plus(Duration.ofMinutes(20)));

    for (int turns = 0; turns < 2000 && now.isBefore(START.plus(Duration.ofHours(25))); turns++) {
      now = now.plus(duty.doWork());
    }
    assertThat(database.calls).filteredOn("retention"::equals).hasSize(2);
  }

  @Test
  void absentDatabase_isAskedOnceAMinuteAndServedAfterwards() throws IOException {
    database.refusal = "the database is away";
    now = START.plus(Duration.ofMinutes(1));
    assertThatThrownBy(duty::doWork).hasMessage("the database is away");

    Duration wait = duty.doWork();
    assertThat(database.calls).as("not asked again at once").containsExactly("rollups");
    assertThat(wait).isBetween(Duration.ofSeconds(48), Duration.ofSeconds(60));

    database.refusal = null;
    now = now.plus(wait);
    duty.doWork();
    assertThat(database.calls).containsExactly("rollups", "rollups");
  }

  @Test
  void refusedRollups_doNotHoldUpRetention() throws IOException {
    now = START.plus(Duration.ofMinutes(10));
    database.refusal = "permission denied for procedure refresh_rollups";
    assertThatThrownBy(duty::doWork).isInstanceOf(IOException.class);

    database.refusal = null;
    duty.doWork();

    assertThat(database.calls).containsExactly("rollups", "retention");
  }

  private static final class FakeDatabase implements DatabaseUpkeepDuty.Procedures {
    private final List<String> calls = new ArrayList<>();
    private @Nullable String refusal;

    @Override
    public void refreshRollups() throws IOException {
      call("rollups");
    }

    @Override
    public void applyRetention() throws IOException {
      call("retention");
    }

    private void call(String name) throws IOException {
      calls.add(name);
      if (refusal != null) {
        throw new IOException(refusal);
      }
    }
  }
}
