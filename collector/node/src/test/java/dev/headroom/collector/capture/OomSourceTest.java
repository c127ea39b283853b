package dev.headroom.collector.capture;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.headroom.collector.ffm.LibC;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Real OOM kills, told by each real source. */
class OomSourceTest {

  private static final Duration WAIT = Duration.ofSeconds(60);

  @TempDir private Path runDirectory;
  private OomCgroup cgroup;

  @BeforeEach
  void makeCgroup() throws IOException {
    cgroup = OomCgroup.create();
  }

  @AfterEach
  void removeCgroup() throws Exception {
    cgroup.close();
  }

  @ParameterizedTest
  @EnumSource(OomSourceKind.class)
  void kill_isToldOnceWithItsFacts(OomSourceKind kind) throws Exception {
    if (kind == OomSourceKind.KMSG) {
      // The kernel writes the report that names the invoker ten times in five seconds at most.
      Thread.sleep(Duration.ofMillis(5_100));
    }
    try (OomSource source = open(kind)) {
      long before = LibC.boottimeNs();
      long victim = cgroup.kill();
      long after = LibC.boottimeNs();

      List<KernelOomEvent> kills = await(source, 1);

      assertThat(kills).hasSize(1);
      assertThat(cgroup.oomKillCount()).isEqualTo(1);
      KernelOomEvent kill = kills.getFirst();
      assertThat(kill.source()).isEqualTo(kind);
      assertThat(kill.victim().pid()).isEqualTo((int) victim);
      assertThat(kill.victim().comm()).isEqualTo("tail");
      assertThat(kill.victim().uid()).isZero();
      // The log's clock is the CPU's own and drifts from the boot's.
      long slackNs = kind == OomSourceKind.KMSG ? 1_000_000_000L : 1_000_000L;
      assertThat(kill.boottimeNs()).isBetween(before - slackNs, after + slackNs);
      assertThat(kill.phantom()).isFalse();
      assertThat(kill.oomScoreAdj()).isZero();
      OomTask invoker = requireNonNull(kill.invoker());
      assertThat(invoker.pid()).isEqualTo((int) victim);
      assertThat(invoker.comm()).isEqualTo("tail");
      assertThat(kill.memory().anonBytes())
          .isBetween(OomCgroup.LIMIT_BYTES * 3 / 4, OomCgroup.LIMIT_BYTES);
      assertThat(kill.memory().totalVmBytes()).isGreaterThan(kill.memory().anonBytes());
      assertThat(kill.memory().pageTablesBytes()).isBetween(64L << 10, 4L << 20);
      assertThat(kill.memory().shmemBytes()).isZero();
      assertThat(source.lostCount()).isZero();
    }
  }

  @Test
  void btf_tellsBothCgroupsAndBothProcesses() throws Exception {
    try (OomSource source = open(OomSourceKind.TP_BTF)) {
      long victim = cgroup.kill();

      KernelOomEvent kill = await(source, 1).getFirst();

      assertThat(kill.constraint()).isEqualTo(OomConstraint.MEMCG);
      assertThat(kill.victimCgroup()).isEqualTo(new CgroupRef(cgroup.id(), cgroup.path()));
      LimitHit limit = requireNonNull(kill.limit());
      assertThat(limit.cgroup()).isEqualTo(kill.victimCgroup());
      assertThat(limit.memoryMaxBytes()).isEqualTo(OomCgroup.LIMIT_BYTES);
      assertThat(limit.usageBytes())
          .isBetween(OomCgroup.LIMIT_BYTES * 9 / 10, OomCgroup.LIMIT_BYTES);
      assertThat(kill.victim().namespacePid()).isEqualTo((int) victim);
      assertThat(kill.victim().startBoottimeNs())
          .isBetween(kill.boottimeNs() - WAIT.toNanos(), kill.boottimeNs());
      assertThat(kill.groupKill()).isFalse();
      assertThat(kill.title()).isEqualTo("tail /dev/zero");
      assertThat(kill.queryText()).isNull();
    }
  }

  /** A container's first process: pid 1 to itself, another to the node. */
  @Test
  void victimInAPidNamespace_isToldWithBothPids() throws Exception {
    try (OomSource source = open(OomSourceKind.TP_BTF)) {
      Process container = cgroup.start("unshare", "--pid", "--fork", "tail", "/dev/zero");
      int outside = (int) container.pid();
      container.waitFor();

      List<KernelOomEvent> kills = new ArrayList<>();
      OomEventHandler ours =
          event -> {
            if (Long.valueOf(cgroup.id()).equals(requireNonNull(event.victimCgroup()).id())) {
              kills.add(event);
            }
          };
      for (int i = 0; i < 300 && kills.isEmpty(); i++) {
        source.poll(Duration.ofMillis(200), ours);
      }

      assertThat(kills).hasSize(1);
      assertThat(kills.getFirst().victim().namespacePid()).isEqualTo(1);
      assertThat(kills.getFirst().victim().pid()).isGreaterThan(1).isNotEqualTo(outside);
      assertThat(kills.getFirst().title()).isEqualTo("tail /dev/zero");
    }
  }

  @Test
  void kmsg_tellsBothCgroups() throws Exception {
    try (OomSource source = open(OomSourceKind.KMSG)) {
      cgroup.kill();

      KernelOomEvent kill = await(source, 1).getFirst();

      assertThat(kill.constraint()).isEqualTo(OomConstraint.MEMCG);
      // The kernel may have suppressed its report of this kill, if others died just before.
      if (kill.limit() != null) {
        assertThat(kill.limit())
            .isEqualTo(
                new LimitHit(
                    new CgroupRef(null, cgroup.path()),
                    OomCgroup.LIMIT_BYTES,
                    OomCgroup.LIMIT_BYTES));
        assertThat(kill.victimCgroup()).isEqualTo(new CgroupRef(null, cgroup.path()));
      }
    }
  }

  @ParameterizedTest
  @EnumSource(OomSourceKind.class)
  void burst_isToldKillByKill(OomSourceKind kind) throws Exception {
    try (OomSource source = open(kind)) {
      Set<Integer> victims = new HashSet<>();
      for (int i = 0; i < 10; i++) {
        victims.add((int) cgroup.kill());
      }

      List<KernelOomEvent> kills = await(source, 10);

      assertThat(cgroup.oomKillCount()).isEqualTo(10);
      assertThat(kills)
          .extracting(kill -> kill.victim().pid())
          .containsExactlyInAnyOrderElementsOf(victims);
      assertThat(kills).extracting(KernelOomEvent::key).doesNotHaveDuplicates();
      assertThat(kills).extracting(new IncidentGrouper()::incidentOf).doesNotHaveDuplicates();
      assertThat(kills).extracting(KernelOomEvent::boottimeNs).isSorted();
    }
  }

  @ParameterizedTest
  @EnumSource(OomSourceKind.class)
  void hostileName_isToldAsItIs(OomSourceKind kind) throws Exception {
    Path tail = Files.copy(Path.of("/usr/bin/tail"), runDirectory.resolve("foo) Z "));
    try (OomSource source = open(kind)) {
      Process hog = cgroup.start(tail.toString(), "/dev/zero");
      OomCgroup.awaitKilled(hog);

      assertThat(await(source, 1))
          .extracting(kill -> kill.victim().comm())
          .containsExactly("foo) Z ");
    }
  }

  @ParameterizedTest
  @EnumSource(OomSourceKind.class)
  void handlerThatFails_getsTheKillAgain(OomSourceKind kind) throws Exception {
    try (OomSource source = open(kind)) {
      long victim = cgroup.kill();
      OomEventHandler failing =
          event -> {
            throw new IOException("disk full");
          };

      assertThatThrownBy(() -> pollUntilHandled(source, failing)).hasMessage("disk full");
      assertThatThrownBy(() -> pollUntilHandled(source, failing)).hasMessage("disk full");

      assertThat(await(source, 1))
          .extracting(kill -> kill.victim().pid())
          .containsExactly((int) victim);
    }
  }

  @Test
  void secondReader_isRefused() throws Exception {
    try (OomSource source = open(OomSourceKind.TRACEFS)) {
      assertThat(source.kind()).isEqualTo(OomSourceKind.TRACEFS);
      assertThatThrownBy(() -> open(OomSourceKind.TP_BTF))
          .hasMessageContaining("another collector");
    }
  }

  @ParameterizedTest
  @EnumSource(OomSourceKind.class)
  void close_leavesNothingBehind(OomSourceKind kind) throws Exception {
    open(kind).close();

    try (Stream<Path> files = Files.walk(runDirectory)) {
      assertThat(
              files
                  .filter(file -> !Files.isDirectory(file))
                  .map(file -> file.getFileName().toString()))
          .allMatch("lock"::equals);
    }
    assertThat(Files.readString(Path.of("/proc/self/mountinfo")))
        .doesNotContain(runDirectory.toString());
  }

  private OomSource open(OomSourceKind kind) throws IOException {
    return OomSources.open(options(kind)).source();
  }

  private CaptureOptions options(OomSourceKind kind) {
    return new CaptureOptions(
        "test" + ProcessHandle.current().pid(),
        runDirectory,
        kind,
        null,
        false,
        Duration.ofSeconds(2));
  }

  /** The kills of this test's processes; the machine may have others. */
  private List<KernelOomEvent> await(OomSource source, int count) throws IOException {
    List<KernelOomEvent> events = new ArrayList<>();
    OomEventHandler ours =
        event -> {
          if (cgroup.pids().contains(event.victim().pid())) {
            events.add(event);
          }
        };
    long deadline = System.nanoTime() + WAIT.toNanos();
    while (events.size() < count && System.nanoTime() < deadline) {
      source.poll(Duration.ofMillis(200), ours);
    }
    // One more look: there must not be more than that.
    source.poll(Duration.ofMillis(100), ours);
    return events;
  }

  private static void pollUntilHandled(OomSource source, OomEventHandler handler)
      throws IOException {
    for (int i = 0; i < 600 && source.poll(Duration.ofMillis(100), handler) == 0; i++) {}
  }
}
