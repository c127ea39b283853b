package dev.headroom.collector;

import static org.assertj.core.api.Assertions.assertThat;

import dev.headroom.collector.kernel.EventClock;
import dev.headroom.collector.spool.Spool;
import dev.headroom.model.BackendKind;
import dev.headroom.model.InstanceEvent;
import dev.headroom.model.InstanceId;
import dev.headroom.model.Observation;
import dev.headroom.model.OomKill;
import dev.headroom.model.OomProcess;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;

/** Kills of one server that nobody looked at in between. Times are in clock ticks of 10 ms. */
class ReadyWatchTest {

  private static final InstanceId ID = InstanceId.of("node", "/db", "/data");
  private static final Instant BOOTED = Instant.parse("2026-01-01T00:00:00Z");
  private static final long NS_PER_TICK = 10_000_000;

  @TempDir private Path folder;
  private Spool spool;
  private ReadyWatch watch;

  @BeforeEach
  void open() throws IOException {
    spool = Spool.open(folder.resolve("spool"), 16L << 20);
    EventClock clock = EventClock.open(folder.resolve("clock"), "boot", () -> 0, () -> BOOTED);
    EventRecorder recorder =
        new EventRecorder(
            "node", clock, spool, new CollectorMetrics(new SimpleMeterRegistry()), new LifeTurns());
    watch = new ReadyWatch(clock, recorder, List.of());
  }

  @AfterEach
  void close() throws IOException {
    spool.close();
  }

  @ParameterizedTest
  @EnumSource(
      mode = Mode.INCLUDE,
      names = {"CLIENT_BACKEND", "PARALLEL_WORKER", "AUTOVACUUM_WORKER"})
  void secondVictimThatBeganAfterTheCrash_provesThatThereWasAReady(BackendKind kind)
      throws IOException {
    watch.killed(ID, kill(BackendKind.CLIENT_BACKEND, 1000), 900L);
    watch.killed(ID, kill(kind, 1500), 1200L);

    assertThat(read())
        .containsExactly(
            crash(1000, "OOM kill of client backend 7"),
            new InstanceEvent(
                ID,
                atTicks(1200),
                InstanceEvent.Kind.READY,
                2000L,
                "at the latest: the next victim's own start"),
            crash(1500, "OOM kill of %s 7".formatted(kind.description())));
  }

  @ParameterizedTest
  @EnumSource(
      mode = Mode.INCLUDE,
      names = {"STARTUP", "CHECKPOINTER", "BACKGROUND_WRITER", "UNKNOWN"})
  void secondVictimThatMayHaveRunBeforeReady_isPartOfTheSameOutage(BackendKind kind)
      throws IOException {
    watch.killed(ID, kill(BackendKind.CLIENT_BACKEND, 1000), 900L);
    watch.killed(ID, kill(kind, 1500), 1200L);

    assertThat(read()).containsExactly(crash(1000, "OOM kill of client backend 7"));
  }

  @Test
  void secondVictimOfTheSameServerLife_isPartOfTheSameOutage() throws IOException {
    watch.killed(ID, kill(BackendKind.CLIENT_BACKEND, 1000), 900L);
    watch.killed(ID, kill(BackendKind.CLIENT_BACKEND, 1001), 950L);
    watch.killed(ID, kill(BackendKind.UNKNOWN, 1002), null);

    assertThat(read()).containsExactly(crash(1000, "OOM kill of client backend 7"));
  }

  private List<Observation> read() throws IOException {
    return spool.read(100, 1 << 20, (_, _) -> {}).observations();
  }

  private static InstanceEvent crash(long ticks, String detail) {
    return new InstanceEvent(ID, atTicks(ticks), InstanceEvent.Kind.CRASH, null, detail);
  }

  private static Instant atTicks(long ticks) {
    return BOOTED.plusNanos(ticks * NS_PER_TICK);
  }

  private static OomKill kill(BackendKind kind, long ticks) {
    OomProcess victim = OomProcess.of(7, "postgres", kind);
    return OomKill.of(
        UUID.randomUUID(),
        UUID.randomUUID(),
        "node",
        ID,
        atTicks(ticks),
        ticks * NS_PER_TICK,
        "tp_btf",
        victim);
  }
}
