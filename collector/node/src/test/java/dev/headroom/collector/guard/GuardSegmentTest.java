package dev.headroom.collector.guard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.headroom.collector.guard.SegmentLayout.Control;
import dev.headroom.collector.guard.SegmentLayout.Event;
import dev.headroom.collector.guard.SegmentLayout.Header;
import dev.headroom.collector.guard.SegmentLayout.Limit;
import dev.headroom.collector.guard.SegmentLayout.Slot;
import dev.headroom.model.BackendKind;
import dev.headroom.model.Fact;
import dev.headroom.model.GuardEvent;
import dev.headroom.model.GuardMode;
import dev.headroom.model.MemoryContext;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class GuardSegmentTest {

  private static final long MIB = 1 << 20;
  private static final Duration LEASE = Duration.ofSeconds(10);

  private FakeSegment fake;

  @BeforeEach
  void write() throws IOException {
    fake = new FakeSegment();
  }

  @AfterEach
  void close() {
    fake.close();
  }

  @Test
  void segmentThatIsNotReady_isNotThereYet() throws Exception {
    fake.memory.setInt(Header.READY, 0);

    assertThat(fake.find()).isEmpty();
  }

  @Test
  void wrongOrDamagedSegment_isRefusedWithTheReason() {
    assertRefused(it -> it.setLong(Header.MAGIC, 1), "begins with 0000000000000001 instead of");
    assertRefused(it -> it.setInt(Header.LAYOUT_VERSION, 99), "has layout version 99");
    assertRefused(it -> it.setLong(Header.TOTAL_BYTES, 1 << 30), "is damaged: it says that it has");
    assertRefused(it -> it.setInt(Header.SLOT_COUNT, -1), "4,294,967,295 slots of 1,024 bytes");
    assertRefused(it -> it.setInt(Header.SLOT_BYTES, 8), "slots of 8 bytes each");
    assertRefused(it -> it.setInt(Header.SLOT_OFFSET, 4097), "at 4,097, which do not fit");
    assertRefused(it -> it.setInt(Header.RING_OFFSET, 0), "8 events of 256 bytes each at 0");
    assertRefused(it -> it.setInt(Header.RING_CAPACITY, 7), "a ring of 7 events");
  }

  private void assertRefused(
      Consumer<dev.headroom.collector.ffm.SharedMemory> damage, String reason) {
    try (FakeSegment damaged = new FakeSegment()) {
      damage.accept(damaged.memory);
      assertThatThrownBy(damaged::open)
          .isInstanceOf(GuardRefusedException.class)
          .hasMessageContaining(reason);
    } catch (IOException impossible) {
      throw new AssertionError(impossible);
    }
  }

  @Test
  void segmentThatIsOverwrittenLater_isRefusedAtTheNextUse() throws Exception {
    try (GuardSegment segment = fake.open()) {
      segment.read();
      fake.memory.setLong(Header.MAGIC, 0);

      assertThatThrownBy(segment::read).isInstanceOf(GuardRefusedException.class);
      assertThatThrownBy(() -> segment.push(order(GuardMode.SHADOW)))
          .isInstanceOf(GuardRefusedException.class);
    }
  }

  @Test
  void reading_hasTheInstancesFacts_onceTheyAreSet() throws Exception {
    fake.memory.setInt(Header.MAX_CONNECTIONS, 100);
    fake.memory.setLong(Header.SHARED_BUFFERS_BYTES, 16 * MIB);
    fake.memory.setLong(Header.SHARED_MEMORY_BYTES, 20 * MIB);
    fake.memory.setLong(Header.LIMITED_BYTES, 7 * MIB);
    try (GuardSegment segment = fake.open()) {
      assertThat(segment.read().facts().has(Fact.SHARED_BUFFERS)).isFalse();
      fake.memory.setInt(Header.FACTS_ARE_SET, 1);

      GuardReading reading = segment.read();
      assertThat(reading.facts().get(Fact.MAX_CONNECTIONS)).isEqualTo(100);
      assertThat(reading.facts().get(Fact.SHARED_BUFFERS)).isEqualTo(16 * MIB);
      assertThat(reading.facts().get(Fact.SHARED_MEMORY)).isEqualTo(20 * MIB);
      assertThat(reading.facts().get(Fact.GUARD_ALLOCATED)).isEqualTo(7 * MIB);
      assertThat(reading.facts().has(Fact.GUARD_LIMIT)).isFalse();
    }
  }

  /** Held 10, then 60 and back to 20: the interval's peak is 60, and the next one's is its own. */
  @Test
  void watermark_isOfItsInterval_alsoWhenNothingWasAllocatedInIt() throws Exception {
    long slot = fake.attach(0, 1, 40, 900);
    try (GuardSegment segment = fake.open()) {
      hold(slot, 10 * MIB, 10 * MIB);
      segment.read();
      hold(slot, 20 * MIB, 60 * MIB);
      GuardReading spike = segment.read();
      // Freed since, and nothing allocated: the guard raised no watermark.
      hold(slot, 5 * MIB, 0);
      GuardReading calm = segment.read();
      GuardReading calmer = segment.read();

      assertThat(peaks(spike)).containsExactly(60 * MIB, 60 * MIB);
      assertThat(peaks(calm)).containsExactly(20 * MIB, 20 * MIB);
      assertThat(peaks(calmer)).containsExactly(5 * MIB, 5 * MIB);
    }
  }

  private void hold(long slot, long bytes, long watermark) {
    fake.memory.setLong(slot + Slot.ALLOCATED_BYTES, bytes);
    fake.memory.setLong(slot + Slot.PEAK_BYTES, watermark);
    fake.memory.setLong(Header.LIMITED_BYTES, bytes);
    fake.memory.setLong(Header.LIMITED_PEAK_BYTES, watermark);
  }

  private static List<Long> peaks(GuardReading reading) {
    return List.of(
        reading.facts().get(Fact.GUARD_ALLOCATED_PEAK),
        reading.findSlot(40, 900).orElseThrow().peakBytes());
  }

  @Test
  void slotOfAnotherTenant_startsAfresh() throws Exception {
    long slot = fake.attach(0, 1, 40, 900);
    hold(slot, 100 * MIB, 100 * MIB);
    try (GuardSegment segment = fake.open()) {
      segment.read();
      hold(fake.attach(0, 2, 41, 950), MIB, MIB);

      GuardReading reading = segment.read();
      assertThat(reading.findSlot(40, 900)).isEmpty();
      assertThat(reading.findSlot(41, 900)).isEmpty();
      assertThat(reading.findSlot(41, 950).orElseThrow().peakBytes()).isEqualTo(MIB);
    }
  }

  @Test
  void slot_saysWhatItsProcessHoldsAndRuns() throws Exception {
    long slot = fake.attach(1, 1, 40, 900);
    fake.memory.setLong(slot + Slot.ALLOCATED_BYTES, 30 * MIB);
    fake.memory.setLong(slot + Slot.DSM_BYTES, 12 * MIB);
    fake.statement(slot, 4, true, -5);
    fake.attach(2, 1, 41, 901);
    fake.memory.setInt(FakeSegment.slot(2) + Slot.STATE, SegmentLayout.SLOT_EXITED);
    try (GuardSegment segment = fake.open()) {
      GuardReading reading = segment.read();

      assertThat(reading.slotByNamespacePid()).containsOnlyKeys(40);
      assertThat(reading.findSlot(40, 900))
          .contains(
              new SlotReading(
                  900, BackendKind.CLIENT_BACKEND, true, 42 * MIB, 42 * MIB, 4L, true, -5L));
    }
  }

  @Test
  void superuser_isNotBlockable_whereTheServerExemptsThem() throws Exception {
    long slot = fake.attach(0, 1, 40, 900);
    fake.memory.setInt(slot + Slot.IS_SUPERUSER, 1);
    try (GuardSegment segment = fake.open()) {
      assertThat(segment.read().findSlot(40, 900).orElseThrow().blockable()).isTrue();
      fake.memory.setInt(fake.control() + Control.EXEMPT_SUPERUSERS, 1);
      assertThat(segment.read().findSlot(40, 900).orElseThrow().blockable()).isFalse();
    }
  }

  @Test
  void order_isWrittenBesideAndThenSwitchedTo_withTheServersOwnSettings() throws Exception {
    fake.memory.setInt(fake.control() + Control.FALLBACK, SegmentLayout.FALLBACK_KEEP);
    try (GuardSegment segment = fake.open()) {
      segment.push(order(GuardMode.ENFORCE));
    }

    assertThat(fake.memory.getLong(Header.CONTROL_GENERATION)).isEqualTo(1);
    assertThat(fake.memory.getLong(Header.CONTROL_WRITER_UNTIL_BOOTTIME_NS)).isZero();
    long control = fake.control();
    assertThat(fake.memory.getInt(control + Control.MODE)).isEqualTo(SegmentLayout.MODE_ENFORCE);
    assertThat(fake.memory.getInt(control + Control.FALLBACK))
        .isEqualTo(SegmentLayout.FALLBACK_KEEP);
    assertThat(fake.memory.getLong(control + Control.LEASE_EXPIRES_BOOTTIME_NS))
        .isEqualTo(fake.clock.ns + LEASE.toNanos());
    assertThat(limit(control + Control.LIMIT)).isEqualTo("talk@1 100 generation 1");
    assertThat(limit(control + Control.SHADOW)).isEqualTo("not set");
    assertThat(limit(control + Control.SHADOW + Limit.SIZE)).isEqualTo("static@2 50 generation 1");
  }

  @Test
  void policyGeneration_risesWithThePolicy_notWithTheLimit() throws Exception {
    try (GuardSegment segment = fake.open()) {
      segment.push(order(GuardMode.SHADOW));
      segment.push(order(GuardMode.SHADOW, new PolicyLimit("talk@1", 120)));
      assertThat(limit(fake.control() + Control.LIMIT)).isEqualTo("talk@1 120 generation 1");
      segment.push(order(GuardMode.SHADOW, new PolicyLimit("vpa@1", 130)));
      assertThat(limit(fake.control() + Control.LIMIT)).isEqualTo("vpa@1 130 generation 2");
    }
  }

  @Test
  void anotherWriter_isWaitedForShortly_andADeadOneIsPassed() throws Exception {
    long until = fake.clock.ns + 1_000;
    try (GuardSegment segment =
        GuardSegment.open(fake.path(), () -> fake.clock.ns += 1_000_000).orElseThrow()) {
      fake.memory.setLong(Header.CONTROL_WRITER_UNTIL_BOOTTIME_NS, Long.MAX_VALUE);
      assertThatThrownBy(() -> segment.push(order(GuardMode.SHADOW)))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("another process changes what the guard is told");
      assertThat(fake.memory.getLong(Header.CONTROL_GENERATION)).isZero();

      fake.memory.setLong(Header.CONTROL_WRITER_UNTIL_BOOTTIME_NS, until);
      segment.push(order(GuardMode.SHADOW));
      assertThat(fake.memory.getLong(Header.CONTROL_GENERATION)).isEqualTo(1);
    }
  }

  @Test
  void limitIsInForce_onlyInEnforce_underALease_andWhereSqlAllowsIt() throws Exception {
    try (GuardSegment segment = fake.open()) {
      segment.push(order(GuardMode.SHADOW));
      assertThat(segment.read().facts().find(Fact.GUARD_LIMIT)).isEmpty();
      segment.push(order(GuardMode.ENFORCE));
      assertThat(segment.read().facts().find(Fact.GUARD_LIMIT)).hasValue(100);
      fake.memory.setInt(Header.SWITCH_MODE, SegmentLayout.MODE_SHADOW);
      assertThat(segment.read().facts().find(Fact.GUARD_LIMIT)).isEmpty();
      fake.memory.setInt(Header.SWITCH_MODE, SegmentLayout.MODE_ENFORCE);
      fake.clock.ns += LEASE.toNanos();
      assertThat(segment.read().facts().find(Fact.GUARD_LIMIT)).isEmpty();
      fake.memory.setInt(fake.control() + Control.FALLBACK, SegmentLayout.FALLBACK_KEEP);
      assertThat(segment.read().facts().find(Fact.GUARD_LIMIT)).hasValue(100);
    }
  }

  @Test
  void events_areReadOnce_withAllThatTheySay() throws Exception {
    fake.event(0, SegmentLayout.EVENT_DENIAL, 40, 111);
    fake.event(1, SegmentLayout.EVENT_BLOCK, 40, 222);
    fake.event(2, SegmentLayout.EVENT_SWITCHED, 41, 333);
    try (GuardSegment segment = fake.open()) {
      EventRing.Batch batch = segment.readEvents(0, 100);

      assertThat(batch.position()).isEqualTo(3);
      assertThat(batch.lost()).isZero();
      assertThat(batch.events())
          .extracting(RingEvent::kind)
          .containsExactly(GuardEvent.Kind.DENIAL, GuardEvent.Kind.BLOCK, GuardEvent.Kind.SWITCHED);
      assertThat(batch.events().get(1))
          .isEqualTo(
              new RingEvent(
                  222,
                  GuardEvent.Kind.BLOCK,
                  40,
                  3L,
                  BackendKind.CLIENT_BACKEND,
                  -77L,
                  "talk@1",
                  100L,
                  90L,
                  40L,
                  20L,
                  GuardMode.SHADOW,
                  2L,
                  "53200"));
      assertThat(segment.readEvents(3, 100).events()).isEmpty();
    }
  }

  @Test
  void eventsThatWereWrittenOver_areCounted() throws Exception {
    for (int position = 0; position < FakeSegment.EVENTS + 3; position++) {
      fake.event(position, SegmentLayout.EVENT_DENIAL, 40, position);
    }
    try (GuardSegment segment = fake.open()) {
      EventRing.Batch batch = segment.readEvents(1, 100);

      // 11 were written, 8 fit: 0 to 2 are gone, of which 0 had been read
      assertThat(batch.lost()).isEqualTo(2);
      assertThat(batch.events()).extracting(RingEvent::boottimeNs).startsWith(3L).hasSize(8);
    }
  }

  @Test
  void eventBeingWritten_isAwaited_andGivenUpAfterASecond() throws Exception {
    fake.event(0, SegmentLayout.EVENT_DENIAL, 40, 1);
    fake.event(1, SegmentLayout.EVENT_DENIAL, 40, 2);
    fake.memory.setLong(FakeSegment.place(0) + Event.SEQUENCE, 1);
    try (GuardSegment segment = fake.open()) {
      assertThat(segment.readEvents(0, 100).position()).isZero();
      fake.clock.ns += Duration.ofMillis(999).toNanos();
      assertThat(segment.readEvents(0, 100).position()).isZero();
      fake.clock.ns += Duration.ofMillis(1).toNanos();
      EventRing.Batch batch = segment.readEvents(0, 100);

      assertThat(batch.lost()).isEqualTo(1);
      assertThat(batch.events()).extracting(RingEvent::boottimeNs).containsExactly(2L);
    }
  }

  @Test
  void tornEvent_isLost_andOneOfALaterGuardIsUnknown() throws Exception {
    fake.event(0, SegmentLayout.EVENT_DENIAL, 40, 1);
    fake.memory.setLong(FakeSegment.place(0) + Event.PAYLOAD, 99);
    fake.event(1, 77, 40, 2);
    try (GuardSegment segment = fake.open()) {
      EventRing.Batch batch = segment.readEvents(0, 100);

      assertThat(batch.events()).isEmpty();
      assertThat(batch.lost()).isEqualTo(1);
      assertThat(batch.unknown()).isEqualTo(1);
      assertThat(batch.position()).isEqualTo(2);
    }
  }

  @Test
  void ringThatWentBack_isRefused() throws Exception {
    try (GuardSegment segment = fake.open()) {
      assertThatThrownBy(() -> segment.readEvents(5, 100))
          .isInstanceOf(GuardRefusedException.class)
          .hasMessageContaining("went back from position 5 to 0");
    }
  }

  @Test
  void victim_isFoundByPidAndStart_withItsBlackBoxAndWhatAllHeld() throws Exception {
    long other = fake.attach(0, 1, 40, 800);
    fake.memory.setLong(other + Slot.ALLOCATED_BYTES, 8 * MIB);
    long victim = fake.attach(1, 1, 41, 900);
    fake.memory.setLong(victim + Slot.ALLOCATED_BYTES, 700 * MIB);
    fake.memory.setInt(victim + Slot.STATE, SegmentLayout.SLOT_RECLAIMED);
    fake.memory.setLong(victim + Slot.ENDED_BOOTTIME_NS, 5_001);
    fake.statement(victim, 9, true, 123);
    fake.memory.setLong(victim + Slot.BLACKBOX_SEQUENCE, 2);
    fake.memory.setLong(victim + Slot.BLACKBOX_STATEMENT_NUMBER, 9);
    fake.memory.setInt(victim + Slot.BLACKBOX_COUNT, 2);
    fake.context(victim, 0, "PortalContext", 690 * MIB, 88_436);
    fake.context(victim, 1, "CacheMemoryContext", MIB, 40);
    // Ended long before the kill: it held nothing then.
    long earlier = fake.attach(2, 1, 42, 700);
    fake.memory.setLong(earlier + Slot.ALLOCATED_BYTES, 50 * MIB);
    fake.memory.setInt(earlier + Slot.STATE, SegmentLayout.SLOT_EXITED);
    fake.memory.setLong(earlier + Slot.ENDED_BOOTTIME_NS, 4_000);
    try (GuardSegment segment = fake.open()) {
      assertThat(segment.findVictim(41, 900L, 5_000))
          .contains(
              new VictimAccount(
                  700 * MIB,
                  708 * MIB,
                  9L,
                  123L,
                  List.of(
                      new MemoryContext("PortalContext", 690 * MIB, 88_436),
                      new MemoryContext("CacheMemoryContext", MIB, 40))));
      assertThat(segment.findVictim(41, null, 5_000)).isPresent();
      assertThat(segment.findVictim(41, 901L, 5_000)).isEmpty();
      assertThat(segment.findVictim(43, null, 5_000)).isEmpty();
      fake.statement(victim, 10, true, 124);
      assertThat(segment.findVictim(41, 900L, 5_000).orElseThrow().contexts())
          .as("a black box of another statement")
          .isNull();
    }
  }

  private static GuardOrder order(GuardMode mode) {
    return order(mode, new PolicyLimit("talk@1", 100));
  }

  private static GuardOrder order(GuardMode mode, PolicyLimit limit) {
    return new GuardOrder(
        mode,
        LEASE,
        Optional.of(limit),
        List.of(Optional.empty(), Optional.of(new PolicyLimit("static@2", 50))));
  }

  private String limit(long at) {
    return fake.memory.getInt(at + Limit.IS_SET) == 0
        ? "not set"
        : "%s %d generation %d"
            .formatted(
                fake.memory.getText(at + Limit.POLICY_ID, SegmentLayout.POLICY_ID_BYTES),
                fake.memory.getLong(at + Limit.LIMIT_BYTES),
                fake.memory.getLong(at + Limit.POLICY_GENERATION));
  }
}
