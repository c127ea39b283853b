package dev.headroom.collector.capture;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/**
 * Texts that real kernels logged: 6.18 with cgroup v1, 6.12 with v2, and single lines of older
 * ones.
 */
class KmsgReportsTest {

  private static final UUID BOOT = UUID.fromString("9701085a-0a74-4cb0-aa7d-c06cb7a26b60");

  /**
   * A process named {@code foo) Z } in {@code /docker/7/inner}, killed for the limit of {@code
   * /docker/7}.
   */
  @Test
  void v1Report_tellsBothCgroups() {
    KernelOomEvent kill = only(read("kmsg-v1.txt", 0));

    assertThat(kill.victim()).isEqualTo(new OomTask(17797, null, "foo) Z ", null, 0));
    assertThat(kill.invoker()).isEqualTo(OomTask.of(17797, "foo) Z "));
    assertThat(kill.constraint()).isEqualTo(OomConstraint.MEMCG);
    assertThat(kill.limit())
        .isEqualTo(new LimitHit(new CgroupRef(null, "/docker/7"), 64L << 20, 64L << 20));
    assertThat(kill.victimCgroup()).isEqualTo(new CgroupRef(null, "/docker/7/inner"));
    assertThat(kill.memory())
        .isEqualTo(new VictimMemory(68148L << 10, 65280L << 10, 1700L << 10, 0L, 172L << 10));
    assertThat(kill.oomScoreAdj()).isZero();
    assertThat(kill.stampNs()).isEqualTo(3938980419L * 1000);
    assertThat(kill.phantom()).isFalse();
    assertThat(kill.groupKill()).isFalse();
  }

  @Test
  void suspendedTime_movesTheTimeButNotTheKey() {
    KernelOomEvent awake = only(read("kmsg-v1.txt", 0));
    KernelOomEvent slept = only(read("kmsg-v1.txt", 60_000_000_000L));

    assertThat(slept.boottimeNs() - awake.boottimeNs()).isEqualTo(60_000_000_000L);
    assertThat(slept.key()).isEqualTo(awake.key());
  }

  /** The log names pid 166 twice: the kernel kills it first, and then once more with its group. */
  @Test
  void v2GroupKill_isOneDecisionWithThreeVictims() {
    List<KernelOomEvent> kills = read("kmsg-v2-group.txt", 0);

    assertThat(kills).extracting(kill -> kill.victim().pid()).containsExactly(166, 165, 164);
    assertThat(kills).extracting(KernelOomEvent::groupKill).containsOnly(true);
    IncidentGrouper grouper = new IncidentGrouper();
    assertThat(kills.stream().map(grouper::incidentOf).distinct()).hasSize(1);
    assertThat(kills)
        .extracting(KernelOomEvent::limit)
        .containsOnly(new LimitHit(new CgroupRef(null, "/pg"), 64L << 20, 64L << 20));
    assertThat(kills.get(0).victimCgroup()).isEqualTo(new CgroupRef(null, "/pg"));
    assertThat(kills.get(1).victimCgroup()).as("only the first victim's is logged").isNull();
  }

  /**
   * The kernel limits reports, not kills: the second kill has only its own line, and nothing of the
   * first's report.
   */
  @Test
  void killWithoutReport_takesNothingFromTheLastOne() {
    KmsgReports reports = new KmsgReports(BOOT);
    List<KernelOomEvent> kills = new ArrayList<>(readInto(reports, "kmsg-v1.txt", 0));
    kills.addAll(
        add(
            reports,
            "3,24601,3939000000,-;Memory cgroup out of memory: Killed process 9 (b) total-vm:8kB, anon-rss:4kB,"
                + " file-rss:0kB, shmem-rss:0kB, UID:70 pgtables:44kB oom_score_adj:-900"));
    kills.addAll(reports.flush());

    assertThat(kills).hasSize(2);
    KernelOomEvent second = kills.get(1);
    assertThat(second.victim()).isEqualTo(new OomTask(9, null, "b", null, 70));
    assertThat(second.constraint()).isEqualTo(OomConstraint.MEMCG);
    assertThat(second.oomScoreAdj()).isEqualTo(-900);
    assertThat(second.limit()).isNull();
    assertThat(second.victimCgroup()).isNull();
    assertThat(second.invoker()).isNull();
  }

  @Test
  void olderKernelsLine_leavesOutWhatItDoesNotHave() {
    KmsgReports reports = new KmsgReports(BOOT);
    add(
        reports,
        "3,7,5000000,-;Killed process 12 (mysqld) total-vm:8kB, anon-rss:4kB, file-rss:0kB");

    KernelOomEvent kill = only(reports.flush());

    assertThat(kill.memory()).isEqualTo(new VictimMemory(8192L, 4096L, 0L, null, null));
    assertThat(kill.victim().uid()).isNull();
    assertThat(kill.oomScoreAdj()).isNull();
    assertThat(kill.constraint()).isNull();
  }

  @Test
  void machineWideKill_isNoCgroups() {
    KmsgReports reports = new KmsgReports(BOOT);
    add(
        reports,
        "6,1,1,-;oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/,mems_allowed=0,global_oom,"
            + "task_memcg=/a,task=x,pid=5,uid=0");
    add(
        reports,
        "3,2,2,-;Out of memory: Killed process 5 (x) total-vm:8kB, anon-rss:4kB, file-rss:0kB, shmem-rss:0kB,"
            + " UID:0 pgtables:44kB oom_score_adj:0");

    KernelOomEvent kill = only(reports.flush());

    assertThat(kill.constraint()).isEqualTo(OomConstraint.NONE);
    assertThat(kill.limit()).isNull();
    assertThat(kill.victimCgroup()).isEqualTo(new CgroupRef(null, "/a"));
  }

  @Test
  void escapedBytes_areTheNamesOwn() {
    Optional<KmsgRecord> record =
        KmsgRecord.parse(
            "6,42,7,-;a\\x0ab\\x5cc \\xc3\\xa9\n SUBSYSTEM=x\n".getBytes(StandardCharsets.UTF_8));

    assertThat(record).contains(new KmsgRecord(42, 7, "a\nb\\c é"));
    assertThat(KmsgRecord.parse("no record".getBytes(StandardCharsets.UTF_8))).isEmpty();
  }

  private static KernelOomEvent only(List<KernelOomEvent> kills) {
    assertThat(kills).hasSize(1);
    return kills.getFirst();
  }

  private static List<KernelOomEvent> read(String resource, long suspendedNs) {
    return readInto(new KmsgReports(BOOT), resource, suspendedNs);
  }

  private static List<KernelOomEvent> readInto(
      KmsgReports reports, String resource, long suspendedNs) {
    List<KernelOomEvent> kills = new ArrayList<>();
    for (String line : text(resource).split("\n", -1)) {
      KmsgRecord.parse(line.getBytes(StandardCharsets.UTF_8))
          .ifPresent(record -> kills.addAll(reports.add(record, suspendedNs)));
    }
    kills.addAll(reports.flush());
    return kills;
  }

  private static List<KernelOomEvent> add(KmsgReports reports, String line) {
    return reports.add(KmsgRecord.parse(line.getBytes(StandardCharsets.UTF_8)).orElseThrow(), 0);
  }

  private static String text(String resource) {
    try (InputStream stream = KmsgReportsTest.class.getResourceAsStream(resource)) {
      if (stream == null) {
        throw new AssertionError("no test resource " + resource);
      }
      return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
