package dev.headroom.collector.guard;

import static org.assertj.core.api.Assertions.assertThat;

import dev.headroom.collector.guard.SegmentLayout.Header;
import dev.headroom.collector.kernel.EventClock;
import dev.headroom.collector.postgres.Postmaster;
import dev.headroom.collector.proc.ProcFs;
import dev.headroom.collector.proc.ProcessKey;
import dev.headroom.model.Fact;
import dev.headroom.model.GuardEvent;
import dev.headroom.model.GuardMode;
import dev.headroom.model.InstanceId;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Finds the segment that this very process has open, as it would find a postmaster's. */
class GuardLinkTest {

  private static final InstanceId ID = InstanceId.of("node", "/db", "/data");
  private static final int OWN_PID = Math.toIntExact(ProcessHandle.current().pid());

  @TempDir private Path folder;
  private final List<IOException> problems = new ArrayList<>();
  private FakeSegment fake;
  private GuardLink link;

  @BeforeEach
  void open() throws IOException {
    fake = new FakeSegment();
    link = link(FakeSegment.POSTMASTER_START);
  }

  @AfterEach
  void close() {
    link.close();
    fake.close();
  }

  private GuardLink link(long startTicks) {
    return new GuardLink(
        ID,
        new Postmaster(
            new ProcessKey(OWN_PID, startTicks),
            FakeSegment.POSTMASTER_PID,
            "/db",
            null,
            "/data",
            5432,
            "15.18"),
        new ProcFs(Path.of("/proc")),
        fake.clock::ns,
        problems::add);
  }

  @Test
  void segment_isFoundAmongTheOpenFiles() throws IOException {
    fake.memory.setLong(Header.LIMITED_BYTES, 77);

    assertThat(link.read().facts().get(Fact.GUARD_ALLOCATED)).isEqualTo(77);
    assertThat(link.isOpen()).isTrue();
    assertThat(link.push(order())).isTrue();
    assertThat(problems).isEmpty();
  }

  @Test
  void segmentOfAnotherServer_isRefused_toldOnce_andLookedAtAgainLater() {
    try (GuardLink other = link(4_711)) {
      assertThat(other.read()).isSameAs(GuardReading.NONE);
      assertThat(other.read()).isSameAs(GuardReading.NONE);
      assertThat(problems)
          .singleElement()
          .satisfies(problem ->
              assertThat(problem)
                  .hasMessageContaining("the guard of the Postgres in /data is not used")
                  .hasMessageContaining("that of another process"));

      fake.clock.ns += Duration.ofSeconds(11).toNanos();
      fake.memory.setLong(Header.POSTMASTER_START_TICKS, 4_711);
      assertThat(other.read()).isNotSameAs(GuardReading.NONE);
    }
  }

  @Test
  void segmentThatIsDamagedInUse_isLetGo_andNothingElseHappens() throws IOException {
    link.read();
    fake.memory.setInt(Header.LAYOUT_VERSION, 2);

    assertThat(link.read()).isSameAs(GuardReading.NONE);
    assertThat(link.isOpen()).isFalse();
    assertThat(link.push(order())).isFalse();
    assertThat(problems).singleElement().asString().contains("has layout version 2");
  }

  @Test
  void serverWithoutAGuard_isNoProblem() throws IOException {
    fake.memory.setInt(Header.READY, 0);

    assertThat(link.read()).isSameAs(GuardReading.NONE);
    assertThat(link.push(order())).isFalse();
    assertThat(problems).isEmpty();
  }

  @Test
  void closedLink_isOpenedNoMore() throws IOException {
    link.read();
    link.close();

    assertThat(link.read()).isSameAs(GuardReading.NONE);
    assertThat(link.push(order())).isFalse();
    assertThat(problems).isEmpty();
  }

  @Test
  void endedServersGuard_isKeptForItsLastWords_andThenLetGo() {
    fake.attach(0, 1, 41, 900);
    try (Guards guards = new Guards()) {
      Instant now = Instant.EPOCH;
      guards.watch(link, now);
      assertThat(guards.findVictim(ID, 41, 900L, 1)).isPresent();
      guards.end(ID, now);
      guards.forget(now.plusSeconds(60));
      assertThat(guards.find(ID)).isEmpty();
      assertThat(guards.findVictim(ID, 41, 900L, 1)).isPresent();
      guards.forget(now.plusSeconds(61));
      assertThat(guards.list()).isEmpty();
      assertThat(link.isOpen()).isFalse();
    }
  }

  /** Two denials within a microsecond are two rows, and a new reader tells the same of them. */
  @Test
  void events_becomeObservations_withTimesOfTheirOwn() throws IOException {
    fake.event(0, SegmentLayout.EVENT_DENIAL, 41, 2_000_100);
    fake.event(1, SegmentLayout.EVENT_DENIAL, 41, 2_000_300);
    fake.event(2, SegmentLayout.EVENT_DENIAL, 42, 2_000_400);

    GuardEventReader.Batch batch = reader().read(link, null).orElseThrow();

    assertThat(batch.events())
        .extracting(GuardEvent::occurredAt)
        .containsExactly(at(2_000), at(2_001), at(2_000));
    assertThat(batch.events()).extracting(GuardEvent::pid).containsExactly(1041, 1041, 1042);
    assertThat(batch.next()).isEqualTo(new GuardCursor(FakeSegment.CREATED, 3));
    assertThat(reader().read(link, batch.next()).orElseThrow().isEmpty()).isTrue();
    assertThat(reader().read(link, null).orElseThrow().events()).isEqualTo(batch.events());
    assertThat(reader().read(link, new GuardCursor(1, 3)).orElseThrow().events())
        .as("a position in another segment means nothing")
        .isEqualTo(batch.events());
  }

  private GuardEventReader reader() throws IOException {
    EventClock clock =
        EventClock.open(folder.resolve("clock"), "boot", () -> 0, () -> Instant.EPOCH);
    return new GuardEventReader(clock, (_, pid) -> pid + 1_000);
  }

  private static Instant at(long microseconds) {
    return Instant.EPOCH.plusNanos(microseconds * 1_000);
  }

  private static GuardOrder order() {
    return new GuardOrder(GuardMode.SHADOW, Duration.ofSeconds(1), Optional.empty(), List.of());
  }
}
