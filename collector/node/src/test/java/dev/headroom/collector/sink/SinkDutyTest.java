package dev.headroom.collector.sink;

import static org.assertj.core.api.Assertions.assertThat;

import dev.headroom.collector.spool.Spool;
import dev.headroom.model.InstanceEvent;
import dev.headroom.model.InstanceId;
import dev.headroom.model.Observation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SinkDutyTest {

  private static final long SPOOL_BYTES = 16L << 20;
  private static final InstanceId ID = InstanceId.of("node", "/db", "/data");

  @TempDir private Path folder;
  private final FakeSink sink = new FakeSink();
  private final List<String> told = new ArrayList<>();
  private Spool spool;
  private SinkDuty duty;

  @BeforeEach
  void open() throws IOException {
    spool = Spool.open(folder.resolve("spool"), SPOOL_BYTES);
    duty = new SinkDuty(spool, sink, folder.resolve("rejected"), listener(), new Random(1));
  }

  @AfterEach
  void close() throws IOException {
    spool.close();
  }

  @Test
  void batch_leavesTheSpoolOnceStored() throws IOException {
    spool.append(event(1));
    spool.append(event(2));

    duty.doWork();

    assertThat(sink.stored).containsExactly(event(1), event(2));
    assertThat(spool.isDrained()).isTrue();
  }

  @Test
  void absentSink_isTriedAgainAfterGrowingWaitsAndGetsTheSameBatch() throws IOException {
    spool.append(event(1));
    sink.away = true;
    List<Duration> waits = new ArrayList<>();
    for (int i = 0; i < 12; i++) {
      waits.add(duty.doWork());
    }
    // 250 ms, doubled six times, is 16 s: from the seventh failure on the bound of 15 s holds.
    assertThat(waits.getFirst()).isBetween(Duration.ofMillis(125), Duration.ofMillis(250));
    assertThat(waits.get(3)).isBetween(Duration.ofSeconds(1), Duration.ofSeconds(2));
    assertThat(waits.subList(7, 12))
        .allSatisfy(
            wait -> assertThat(wait).isBetween(Duration.ofMillis(7500), Duration.ofSeconds(15)));
    assertThat(spool.isDrained()).isFalse();

    sink.away = false;
    duty.doWork();
    assertThat(sink.stored).containsExactly(event(1));

    sink.away = true;
    spool.append(event(2));
    assertThat(duty.doWork()).isLessThanOrEqualTo(Duration.ofMillis(250));
  }

  @Test
  void collectorKilledBetweenStoringAndMarking_storesTheSameAgain() throws IOException {
    spool.append(event(1));
    sink.store(List.of(event(1)));
    spool.close();
    spool = Spool.open(folder.resolve("spool"), SPOOL_BYTES);

    new SinkDuty(spool, sink, folder.resolve("rejected"), listener(), new Random(1)).doWork();

    assertThat(sink.stored).containsExactly(event(1), event(1));
  }

  @Test
  void refusedObservation_isKeptAsideAndDoesNotHoldUpTheRest() throws IOException {
    spool.append(event(1));
    spool.append(event(2));
    sink.refused = event(1);

    duty.doWork();

    assertThat(sink.stored).containsExactly(event(2));
    assertThat(spool.isDrained()).isTrue();
    assertThat(Files.readString(folder.resolve("rejected"))).contains("event 1").hasLineCount(1);
    assertThat(told).containsExactly("rejected: no", "stored 2 from " + event(1).occurredAt());
  }

  private SinkDuty.Listener listener() {
    return new SinkDuty.Listener() {
      @Override
      public void stored(int count, Optional<Instant> oldest) {
        told.add("stored " + count + " from " + oldest.orElseThrow());
      }

      @Override
      public void rejected(String reason) {
        told.add("rejected: " + reason);
      }

      @Override
      public void unavailable(IOException reason) {
        told.add("away");
      }
    };
  }

  private static InstanceEvent event(int number) {
    return new InstanceEvent(
        ID, Instant.EPOCH.plusSeconds(number), InstanceEvent.Kind.CRASH, null, "event " + number);
  }

  private static final class FakeSink implements ObservationSink {
    private final List<Observation> stored = new ArrayList<>();
    private boolean away;
    private Observation refused = event(0);

    @Override
    public List<Rejection> store(List<Observation> observations) throws IOException {
      if (away) {
        throw new IOException("the database is away");
      }
      stored.addAll(observations.stream().filter(o -> !o.equals(refused)).toList());
      return observations.stream()
          .filter(refused::equals)
          .map(o -> new Rejection(o, "no"))
          .toList();
    }

    @Override
    public void close() {}
  }
}
