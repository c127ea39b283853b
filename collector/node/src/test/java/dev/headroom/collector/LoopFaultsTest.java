package dev.headroom.collector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.headroom.collector.flag.StopFile;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What becomes of a real guard when something around its collector fails. Each case is a row of
 * docs/faults.md.
 */
class LoopFaultsTest {

  private static final Duration PATIENCE = Duration.ofMinutes(2);

  /**
   * How long a guard goes on without news; {@code -Dheadroom.fault.hold=PT15M} is the default's.
   */
  private static final Duration HOLD =
      Duration.parse(System.getProperty("headroom.fault.hold", "PT8S"));

  /** How long the database is away while nothing is to happen to the guard. */
  private static final Duration AWAY =
      Duration.parse(System.getProperty("headroom.fault.away", "PT4S"));

  private static final Duration LONG_HOLD = Duration.ofMinutes(15);

  /** 150 MB in one piece: more than 100 MiB, less than the cgroup has. */
  private static final String LARGE = "select length(repeat('x', 150000000))";

  private static GuardedLoop loop;

  @TempDir private Path folder;

  @BeforeAll
  static void startServers() throws IOException {
    loop = GuardedLoop.start();
  }

  @AfterAll
  static void stopServers() throws IOException {
    if (loop != null) {
      loop.close();
    }
  }

  @AfterEach
  void reset() throws IOException, InterruptedException {
    loop.reset();
  }

  @Test
  void rolloutsLeadTheGuard_andStopsBeatThem_withAndWithoutADatabase() throws Exception {
    Process collector = loop.collect(state(), LONG_HOLD);
    awaitTrue("select count(*) > 3 from headroom.memory_sample");
    assertThat(loop.limitMib()).isEqualTo(-1);
    loop.enforce("100MiB");
    awaitLimit(100);
    assertThat(loop.run(LARGE)).contains("53200");
    awaitTrue(
        "select count(*) > 0 from headroom.decision d join headroom.rollout r using (rollout_id)"
            + " where d.applied and d.mode = 'enforce' and d.assignment_probability = 0.95"
            + " and d.policy_id = r.policy_id and d.limit_bytes = 100 * 1024 * 1024");

    loop.execute("insert into headroom.guard_stop (stopped, actor, reason) values (true,'me','x')");
    awaitLimit(-1);
    assertThat(loop.run(LARGE)).isEmpty();
    loop.execute(
        "insert into headroom.guard_stop (stopped, actor, reason) values (false,'me','x')");
    awaitLimit(100);

    StopFile stop = new StopFile(state());
    stop.stop("by hand", "me", Instant.now());
    awaitLimit(-1);
    GuardedLoop.kill(collector);
    Process next = loop.collect(state(), LONG_HOLD);
    awaitTrue("select count(*) > 1 from headroom.collector_event where kind = 'guards_stopped'");
    assertThat(loop.limitMib()).isEqualTo(-1);
    stop.lift("over", "me", Instant.now());
    awaitLimit(100);
    awaitTrue("select count(*) > 0 from headroom.collector_event where kind = 'guards_resumed'");
    assertThat(next.isAlive()).isTrue();
  }

  @Test
  void databaseDown_holdsForTheBoundedTime_thenLetsGo_andNothingIsLost() throws Exception {
    loop.enforce("100MiB");
    loop.collect(state(), HOLD);
    awaitLimit(100);
    awaitTrue("select count(*) > 3 from headroom.decision where applied");
    Instant from = Instant.now();
    loop.store().stopServer();
    try {
      stays(100, AWAY);
      assertThat(loop.run(LARGE)).contains("53200");
      awaitLimit(-1);
      say("database down: the guard let go after " + Duration.between(from, Instant.now()));
      assertThat(loop.run(LARGE)).isEmpty();
    } finally {
      loop.store().startServer();
    }
    awaitLimit(100);
    String during = " and occurred_at > '" + from + "'";
    for (String kind :
        new String[] {"flags_away", "flags_changed", "steering_released", "steering_resumed"}) {
      awaitTrue(
          "select count(*) > 0 from headroom.collector_event where kind = '" + kind + "'" + during);
    }
    // Ten samples a second: what was decided without the database is all there.
    awaitTrue(
        "select max(gap) < interval '3 s' from (select sampled_at - lag(sampled_at) over"
            + " (order by sampled_at) as gap from headroom.memory_sample where sampled_at > '"
            + from
            + "') g");
  }

  @Test
  void killedAtAnyMomentOfATransition_theLimitIsTheOldOrTheNew_andTheNextCollectorGoesOn()
      throws Exception {
    Random random = new Random(1);
    loop.enforce("100MiB");
    long before = 100;
    Process collector = loop.collect(state(), LONG_HOLD);
    awaitLimit(before);
    for (int round = 0; round < Integer.getInteger("headroom.fault.kills", 3); round++) {
      long next = before == 100 ? 120 : 100;
      loop.enforce(next + "MiB");
      Thread.sleep(random.nextInt(150));
      GuardedLoop.kill(collector);
      assertThat(loop.limitMib()).as("round %d", round).isIn(before, next);
      collector = loop.collect(state(), LONG_HOLD);
      awaitLimit(next);
      before = next;
    }
    say("killed: every limit was the old or the new one");
  }

  @Test
  void aSecondCollector_refuses_andTheFirstGoesOn() throws Exception {
    loop.enforce("100MiB");
    Process first = loop.collect(state(), LONG_HOLD);
    awaitLimit(100);
    assertThatThrownBy(() -> Collector.start(inProcess(LONG_HOLD)))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("another collector (process " + first.pid() + ")");
    stays(100, Duration.ofSeconds(1));
  }

  @Test
  void databaseDownAtTheStart_goodFlagsAreTakenFromDisk_andDamagedOnesNever() throws Exception {
    loop.enforce("100MiB");
    Process first = loop.collect(state(), LONG_HOLD);
    awaitLimit(100);
    Awaitility.await().atMost(PATIENCE).until(() -> Files.exists(state().resolve("flags")));
    GuardedLoop.kill(first);
    awaitLimit(-1);
    loop.store().stopServer();
    try {
      Process fromDisk = loop.collect(state(), LONG_HOLD);
      awaitLimit(100);
      GuardedLoop.kill(fromDisk);
      awaitLimit(-1);
      try (RandomAccessFile flags = new RandomAccessFile(state().resolve("flags").toFile(), "rw")) {
        flags.seek(flags.length() - 20);
        flags.write('#');
      }
      loop.collect(state(), LONG_HOLD);
      stays(-1, Duration.ofSeconds(5));
    } finally {
      loop.store().startServer();
    }
    awaitLimit(100);
    awaitTrue(
        "select count(*) > 0 from headroom.collector_event where kind = 'flags_refused'"
            + " and detail like '%checksum%'");
  }

  @Test
  void theClockStepsBackAnHour_nothingMoves_andItIsTold() throws Exception {
    loop.enforce("100MiB");
    AtomicReference<Duration> step = new AtomicReference<>(Duration.ZERO);
    Instant began = Instant.now();
    try (Collector collector =
        Collector.start(inProcess(LONG_HOLD), () -> Instant.now().plus(step.get()))) {
      awaitLimit(100);
      step.set(Duration.ofHours(-1));
      stays(100, Duration.ofSeconds(12));
      awaitTrue(
          "select count(*) > 0 from headroom.collector_event where kind = 'clock_step'"
              + " and duration_ms between 3590000 and 3610000");
      Awaitility.await().atMost(PATIENCE).until(collector::isDrained);
    }
    assertThat(
            loop.count(
                "select count(*) from headroom.memory_sample where sampled_at > '"
                    + began.plusSeconds(10)
                    + "'"))
        .isGreaterThan(10);
  }

  @Test
  void aFullDisk_leavesTheLimitInForce_andIsTold() throws Exception {
    Path mount = Files.createDirectory(folder.resolve("small"));
    // The spool's reserves (6 MiB) are allocated beforehand and need no room later.
    assumeTrue(command("mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", mount.toString()) == 0);
    try {
      loop.enforce("100MiB");
      Path state = mount.resolve("state");
      loop.collect(state, LONG_HOLD);
      awaitLimit(100);
      Instant full = Instant.now();
      Path ballast = mount.resolve("ballast");
      command("dd", "if=/dev/zero", "of=" + ballast, "bs=64k");
      stays(100, Duration.ofSeconds(12));
      loop.enforce("120MiB");
      awaitLimit(120);
      Files.delete(ballast);
      awaitTrue(
          "select count(*) > 0 from headroom.memory_sample where sampled_at > '"
              + full.plusSeconds(12)
              + "'");
      awaitTrue(
          "select count(*) > 0 from headroom.decision where applied and limit_bytes = 120 * 1024 * 1024");
    } finally {
      loop.reset();
      command("umount", mount.toString());
    }
  }

  /** A collector in a network of its own, whose only way to the database is a pair of devices. */
  @Test
  void theNetworkIsCut_holdsForTheBoundedTime_thenLetsGo_andNothingIsLost() throws Exception {
    String name = "hr" + ProcessHandle.current().pid();
    String outside = name + "o";
    String inside = name + "i";
    String subnet = "10.213." + (ProcessHandle.current().pid() % 250) + ".";
    assumeTrue(command("ip", "netns", "add", name) == 0, "needs network namespaces");
    try {
      assumeTrue(
          command("ip", "link", "add", outside, "type", "veth", "peer", "name", inside) == 0);
      assertThat(command("ip", "link", "set", inside, "netns", name)).isZero();
      assertThat(command("ip", "addr", "add", subnet + "1/24", "dev", outside)).isZero();
      assertThat(command("ip", "link", "set", outside, "up")).isZero();
      String enter = "--net=/run/netns/" + name;
      assertThat(command("nsenter", enter, "ip", "addr", "add", subnet + "2/24", "dev", inside))
          .isZero();
      assertThat(command("nsenter", enter, "ip", "link", "set", inside, "up")).isZero();
      loop.enforce("100MiB");
      try (Forwarder forwarder = Forwarder.start(subnet + "1", loop.store().port())) {
        String url =
            loop.store().url().replace("127.0.0.1:" + loop.store().port(), forwarder.address());
        loop.collect(state(), HOLD, url, "nsenter", enter);
        awaitLimit(100);
        awaitTrue("select count(*) > 3 from headroom.decision where applied");
        Instant cut = Instant.now();
        assertThat(command("ip", "link", "set", outside, "down")).isZero();
        stays(100, AWAY);
        awaitLimit(-1);
        say("network cut: the guard let go after " + Duration.between(cut, Instant.now()));
        assertThat(command("ip", "link", "set", outside, "up")).isZero();
        awaitLimit(100);
        awaitTrue(
            "select max(gap) < interval '3 s' from (select sampled_at - lag(sampled_at) over"
                + " (order by sampled_at) as gap from headroom.memory_sample where sampled_at > '"
                + cut
                + "') g");
        loop.reset();
      }
    } finally {
      command("ip", "link", "del", outside);
      command("ip", "netns", "del", name);
    }
  }

  private Path state() throws IOException {
    return Files.createDirectories(folder.resolve("state"));
  }

  private CollectorConfig inProcess(Duration hold) throws IOException {
    return GuardedLoop.config(
        state(),
        loop.watched().cgroupPath(),
        loop.store().url(),
        loop.node(),
        hold,
        Duration.ofMillis(100));
  }

  private static void awaitLimit(long mib) {
    Awaitility.await("a limit of " + mib + " MiB")
        .atMost(PATIENCE.plus(HOLD))
        .pollInterval(Duration.ofMillis(20))
        .until(() -> loop.limitMib() == mib);
  }

  private static void stays(long mib, Duration time) {
    Awaitility.await("still a limit of " + mib + " MiB")
        .during(time)
        .atMost(time.plusSeconds(30))
        .pollInterval(Duration.ofMillis(50))
        .failFast("the limit changed", () -> loop.limitMib() != mib)
        .until(() -> loop.limitMib() == mib);
  }

  private static void awaitTrue(String query) {
    Awaitility.await(query)
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(300))
        .ignoreExceptionsInstanceOf(SQLException.class)
        .until(() -> loop.count("select (" + query + ")::int") == 1);
  }

  private static int command(String... command) throws IOException, InterruptedException {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    if (process.exitValue() != 0) {
      say(String.join(" ", command) + ": " + output.strip());
    }
    return process.exitValue();
  }

  private static void say(String words) {
    System.out.println(words);
  }
}
