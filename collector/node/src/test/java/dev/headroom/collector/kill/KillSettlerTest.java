package dev.headroom.collector.kill;

import static org.assertj.core.api.Assertions.assertThat;

import dev.headroom.collector.capture.CgroupRef;
import dev.headroom.collector.capture.KernelOomEvent;
import dev.headroom.collector.capture.LimitHit;
import dev.headroom.collector.capture.OomConstraint;
import dev.headroom.collector.capture.OomSourceKind;
import dev.headroom.collector.capture.OomTask;
import dev.headroom.collector.capture.VictimMemory;
import dev.headroom.collector.guard.VictimAccount;
import dev.headroom.collector.kernel.EventClock;
import dev.headroom.collector.postgres.Statement;
import dev.headroom.collector.sampling.ObservedProcess;
import dev.headroom.collector.sampling.ProcessCache;
import dev.headroom.model.BackendKind;
import dev.headroom.model.InstanceId;
import dev.headroom.model.MemoryContext;
import dev.headroom.model.MemoryLimit;
import dev.headroom.model.OomKill;
import dev.headroom.model.ProcessSample;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KillSettlerTest {

  private static final UUID BOOT = new UUID(1, 2);
  private static final InstanceId ID = InstanceId.of("node", "/db", "/data");
  private static final Instant NOW = Instant.parse("2026-01-01T01:00:00Z");

  @TempDir private Path folder;
  private final Map<Integer, VictimAccount> accounts = new HashMap<>();
  private final FakeNode node = new FakeNode();
  private final ProcessCache processes = new ProcessCache();
  private KillSettler settler;

  @BeforeEach
  void open() throws IOException {
    settler = open(Map.of(ID, 10L));
    node.counter = OptionalLong.of(10);
  }

  @AfterEach
  void close() throws IOException {
    settler.close();
  }

  @Test
  void kill_thatTheCounterExplains_agrees() throws IOException {
    settler.journal().handle(event(100, false));
    node.counter = OptionalLong.of(11);

    settle(0);

    assertThat(node.kills).hasSize(1);
    assertThat(node.kills.getFirst().counterAgrees()).isTrue();
    assertThat(node.kills.getFirst().instanceId()).isEqualTo(ID);
    assertThat(settler.accountedFor()).containsEntry(ID, 11L);
    assertThat(settler.hasUnsettled()).isFalse();
  }

  @Test
  void burst_waitsForTheEventsThatTheCounterPromises() throws IOException {
    settler.journal().handle(event(100, false));
    node.counter = OptionalLong.of(12);
    settle(0);
    assertThat(node.kills).isEmpty();

    settler.journal().handle(event(101, false));
    settle(1);

    assertThat(node.kills).extracting(OomKill::counterAgrees).containsExactly(true, true);
    assertThat(node.kills.get(0).incidentId()).isNotEqualTo(node.kills.get(1).incidentId());
    assertThat(node.mismatches).isEmpty();
  }

  @Test
  void missedKill_isToldOnceAfterPatience() throws IOException {
    settler.journal().handle(event(100, false));
    node.counter = OptionalLong.of(13);
    settle(0);
    settle(2);
    assertThat(node.kills).isEmpty();

    settle(3);
    settle(4);

    assertThat(node.kills).extracting(OomKill::counterAgrees).containsExactly(false);
    assertThat(node.mismatches).containsExactly(2L);
  }

  @Test
  void killThatNobodyCaptured_isToldFromTheCounterAlone() throws IOException {
    node.counter = OptionalLong.of(11);
    settle(0);
    assertThat(node.mismatches).isEmpty();

    settle(3);

    assertThat(node.mismatches).containsExactly(1L);
    assertThat(node.kills).isEmpty();
  }

  @Test
  void phantom_isNoKill() throws IOException {
    settler.journal().handle(event(100, true));

    settle(0);

    assertThat(node.kills).isEmpty();
    assertThat(node.phantoms).containsExactly(100);
  }

  @Test
  void eventOfASourceThatCannotTell_isAPhantomWhenTheCounterStands() throws IOException {
    settler.journal().handle(event(100, null));

    settle(0);

    assertThat(node.kills).isEmpty();
    assertThat(node.phantoms).containsExactly(100);
  }

  @Test
  void unreadableCounter_leavesItOpen() throws IOException {
    settler.journal().handle(event(100, false));
    node.counter = OptionalLong.empty();

    settle(0);

    assertThat(node.kills).hasSize(1);
    assertThat(node.kills.getFirst().counterAgrees()).isNull();
  }

  @Test
  void counterThatVanished_isComparedWithItsLastReading() throws IOException {
    settler.journal().handle(event(100, false));
    node.counter = OptionalLong.of(12);
    settle(0);
    assertThat(node.kills).isEmpty();

    node.counter = OptionalLong.empty();
    settler.journal().handle(event(101, false));
    settle(1);

    assertThat(node.kills).extracting(OomKill::counterAgrees).containsExactly(true, true);
  }

  @Test
  void counterThatVanishedBeforeTheKillWasSeenInIt_leavesItOpen() throws IOException {
    settle(0);
    node.counter = OptionalLong.empty();
    settler.journal().handle(event(100, false));

    settle(1);

    assertThat(node.kills).hasSize(1);
    assertThat(node.kills.getFirst().counterAgrees()).isNull();
    assertThat(node.phantoms).isEmpty();
  }

  @Test
  void missedKillOfACgroupThatVanished_isToldThoughNobodyWatchesIt() throws IOException {
    node.counter = OptionalLong.of(11);
    settle(0);
    assertThat(settler.isBehind()).isTrue();
    node.counter = OptionalLong.empty();

    settler.settle(Set.of(), NOW.plusSeconds(3));

    assertThat(node.mismatches).containsExactly(1L);
    assertThat(settler.isBehind()).isFalse();
  }

  /** Measured on 6.12: a group of 3 adds 4, because the first victim is counted twice. */
  @Test
  void groupKillOfThree_agreesWithACounterThatGrewByFour() throws IOException {
    captureGroup(100, 101, 102);
    node.counter = OptionalLong.of(14);

    settle(0);

    assertThat(node.kills).extracting(OomKill::counterAgrees).containsExactly(true, true, true);
    assertThat(node.kills.stream().map(OomKill::incidentId).distinct()).hasSize(1);
    assertThat(settler.accountedFor()).containsEntry(ID, 14L);
  }

  /** The first victim was gone before its group's turn came: 3 victims, 3 counts. */
  @Test
  void groupKillWhoseFirstVictimWasGone_agreesWithOneFewer() throws IOException {
    captureGroup(100, 101, 102);
    node.counter = OptionalLong.of(13);

    settle(0);

    assertThat(node.kills).extracting(OomKill::counterAgrees).containsExactly(true, true, true);
  }

  /** 3 captured, one counted twice: 10 + 3 + 1 = 14 is explained, of 16 are 2 missed. */
  @Test
  void groupKillWithVictimsMissing_isToldWithoutTheDoubleCount() throws IOException {
    captureGroup(100, 101, 102);
    node.counter = OptionalLong.of(16);
    settle(0);
    assertThat(node.kills).isEmpty();

    settle(3);

    assertThat(node.kills).extracting(OomKill::counterAgrees).containsOnly(false);
    assertThat(node.mismatches).containsExactly(2L);
  }

  @Test
  void groupKillWithFewerCountedThanCaptured_disagrees() throws IOException {
    captureGroup(100, 101, 102);
    node.counter = OptionalLong.of(12);

    settle(0);

    assertThat(node.kills).extracting(OomKill::counterAgrees).containsOnly(false);
  }

  @Test
  void doubleCountAfterItsKillIsSettled_isNoMissedKill() throws IOException {
    captureGroup(100);
    node.counter = OptionalLong.of(11);
    settle(0);

    node.counter = OptionalLong.of(12);
    settle(1);
    settle(5);

    assertThat(node.mismatches).isEmpty();
    assertThat(settler.accountedFor()).containsEntry(ID, 12L);

    node.counter = OptionalLong.of(13);
    settle(6);
    settle(9);
    assertThat(node.mismatches).as("a group is counted twice once").containsExactly(1L);
  }

  /** Settled as 1 captured of 2 counted, then the second victim comes: 2 of 2. */
  @Test
  void countTakenForDoubleThatWasTheNextVictims_agreesInTheEnd() throws IOException {
    captureGroup(100);
    node.counter = OptionalLong.of(12);
    settle(0);

    settler.journal().handle(member(100, 101));
    settle(1);

    assertThat(node.kills).extracting(OomKill::counterAgrees).containsExactly(true, true);
    assertThat(node.kills.stream().map(OomKill::incidentId).distinct()).hasSize(1);
  }

  @Test
  void newCgroupAtTheSamePath_startsFromZero() throws IOException {
    settler.journal().handle(event(100, false));
    node.counter = OptionalLong.of(1);

    settle(0);

    assertThat(node.kills).extracting(OomKill::counterAgrees).containsExactly(true);
  }

  @Test
  void collectorKilledBeforeSettling_settlesTheSameKillAfterwards() throws IOException {
    settler.journal().handle(event(100, false));
    settler.close();
    settler = open(Map.of(ID, 10L));
    node.counter = OptionalLong.of(11);

    settle(0);

    assertThat(node.kills).hasSize(1);
    assertThat(node.kills.getFirst().killId()).isEqualTo(event(100, false).key());
    assertThat(node.kills.getFirst().counterAgrees()).isTrue();
  }

  @Test
  void spoolThatRefuses_leavesTheKillUnsettled() throws IOException {
    settler.journal().handle(event(100, false));
    node.counter = OptionalLong.of(11);
    node.full = true;
    try {
      settle(0);
    } catch (IOException full) {
      assertThat(full).hasMessage("full");
    }
    assertThat(settler.hasUnsettled()).isTrue();

    node.full = false;
    settle(1);

    assertThat(node.kills).extracting(OomKill::counterAgrees).containsExactly(true);
  }

  @Test
  void victim_isWhatWasSeenBeforeItsDeath() throws IOException {
    processes.update(
        List.of(
            seen(100, BackendKind.CLIENT_BACKEND, "postgres: alice app [local] SELECT", "select 1"),
            seen(50, BackendKind.CHECKPOINTER, "postgres: checkpointer", null)),
        NOW);
    settler.journal().handle(event(100, false));
    node.counter = OptionalLong.of(11);

    settle(0);

    OomKill kill = node.kills.getFirst();
    assertThat(kill.victim().kind()).isEqualTo(BackendKind.CLIENT_BACKEND);
    assertThat(kill.victim().database()).isEqualTo("app");
    assertThat(kill.victim().user()).isEqualTo("alice");
    assertThat(kill.victim().queryFingerprint()).isNotNull();
    assertThat(kill.victim().queryText()).as("not asked for").isNull();
    assertThat(Objects.requireNonNull(kill.invoker()).kind()).isEqualTo(BackendKind.CHECKPOINTER);
    assertThat(kill.memoryMax()).isEqualTo(MemoryLimit.ofBytes(1 << 20));
    assertThat(kill.constraint()).isEqualTo("memcg");
  }

  @Test
  void anotherProcessWithTheVictimsPid_isNotTakenForIt() throws IOException {
    ObservedProcess other =
        seen(100, BackendKind.CLIENT_BACKEND, "postgres: alice app [local] SELECT", "select 1");
    processes.update(List.of(other), NOW);
    KernelOomEvent event = event(100, false);
    OomTask later = new OomTask(100, null, "postgres", 999_000_000_000L, 0);
    settler
        .journal()
        .handle(
            new KernelOomEvent(
                BOOT,
                event.source(),
                1,
                1,
                later,
                0,
                event.memory(),
                null,
                null,
                null,
                event.victimCgroup(),
                false,
                false,
                null,
                null,
                null));
    node.counter = OptionalLong.of(11);

    settle(0);

    assertThat(node.kills.getFirst().victim().user()).isNull();
    assertThat(node.kills.getFirst().victim().kind()).isEqualTo(BackendKind.UNKNOWN);
  }

  @Test
  void slotOfTheVictim_tellsWhatItHeldAndRan() throws IOException {
    List<MemoryContext> contexts = List.of(new MemoryContext("PortalContext", 600, 88));
    accounts.put(100, new VictimAccount(700, 900, 4L, -9L, contexts));
    settler.journal().handle(event(100, false));
    node.counter = OptionalLong.of(11);

    settle(0);

    OomKill kill = node.kills.getFirst();
    assertThat(kill.guardVictimBytes()).isEqualTo(700);
    assertThat(kill.guardInstanceBytes()).isEqualTo(900);
    assertThat(kill.victim().queryId()).isEqualTo(-9);
    assertThat(kill.victimStatementNumber()).isEqualTo(4);
    assertThat(kill.victimMemoryContexts()).isEqualTo(contexts);
  }

  private KillSettler open(Map<InstanceId, Long> accountedFor) throws IOException {
    EventClock clock =
        EventClock.open(folder.resolve("clock"), "boot", () -> 0, () -> Instant.EPOCH);
    KillAssembler assembler =
        new KillAssembler(
            "node",
            clock,
            processes,
            path -> path.equals("/db") ? Optional.of(ID) : Optional.empty(),
            false,
            (_, pid, _, _) -> Optional.ofNullable(accounts.get(pid)));
    return KillSettler.open(folder.resolve("kills"), assembler, node, accountedFor);
  }

  private void settle(int seconds) throws IOException {
    settler.settle(Set.of(ID), NOW.plusSeconds(seconds));
  }

  private void captureGroup(int... pids) throws IOException {
    for (int pid : pids) {
      settler.journal().handle(member(pids[0], pid));
    }
  }

  private static KernelOomEvent member(int firstPid, int pid) {
    return event(
        pid, false, new KernelOomEvent.FirstVictim(firstPid, event(firstPid, false).stampNs()));
  }

  private static KernelOomEvent event(int pid, @Nullable Boolean phantom) {
    return event(pid, phantom, null);
  }

  private static KernelOomEvent event(
      int pid, @Nullable Boolean phantom, KernelOomEvent.@Nullable FirstVictim decision) {
    CgroupRef cgroup = new CgroupRef(7L, "/db");
    return new KernelOomEvent(
        BOOT,
        OomSourceKind.TP_BTF,
        5_000_000_000L + pid,
        5_000_000_000L + pid,
        new OomTask(pid, pid, "postgres", pid * 10_000_000L, 0),
        0,
        VictimMemory.UNKNOWN,
        new OomTask(50, 50, "postgres", 50 * 10_000_000L, 0),
        OomConstraint.MEMCG,
        new LimitHit(cgroup, 1L << 20, 1L << 20),
        cgroup,
        phantom,
        decision == null ? null : true,
        decision,
        null,
        null);
  }

  private static ObservedProcess seen(
      int pid, BackendKind kind, String title, @Nullable String query) {
    boolean client = kind == BackendKind.CLIENT_BACKEND;
    return new ObservedProcess(
        ID,
        "postgres",
        title,
        new ProcessSample(
            pid,
            pid,
            pid,
            kind,
            client,
            client ? "app" : null,
            client ? "alice" : null,
            null,
            null,
            null,
            null,
            null,
            null,
            null,
            null,
            null,
            null,
            null),
        null,
        1,
        query == null ? null : new Statement(1, query, null),
        query);
  }

  private static final class FakeNode implements KillSettler.Surroundings {
    private final List<OomKill> kills = new ArrayList<>();
    private final List<Long> mismatches = new ArrayList<>();
    private final List<Integer> phantoms = new ArrayList<>();
    private OptionalLong counter = OptionalLong.empty();
    private boolean full;

    @Override
    public OptionalLong findKillCounter(InstanceId instanceId) {
      return counter;
    }

    @Override
    public Boolean isGroupKilled(KernelOomEvent event) {
      return false;
    }

    @Override
    public boolean concerns(KernelOomEvent event) {
      return true;
    }

    @Override
    public void keep(OomKill kill, @Nullable Long victimStartTicks) throws IOException {
      if (full) {
        throw new IOException("full");
      }
      kills.add(kill);
    }

    @Override
    public void phantom(KernelOomEvent event, @Nullable InstanceId instanceId) {
      phantoms.add(event.victim().pid());
    }

    @Override
    public void mismatch(InstanceId instanceId, long missed) {
      mismatches.add(missed);
    }

    @Override
    public void accounted() {}

    @Override
    public void unreadable(IOException problem) {
      throw new AssertionError(problem);
    }
  }
}
