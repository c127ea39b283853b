package dev.headroom.collector.spool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.headroom.model.BackendKind;
import dev.headroom.model.CgroupVersion;
import dev.headroom.model.CollectorEvent;
import dev.headroom.model.Decision;
import dev.headroom.model.Fact;
import dev.headroom.model.Facts;
import dev.headroom.model.GuardEvent;
import dev.headroom.model.GuardMode;
import dev.headroom.model.Instance;
import dev.headroom.model.InstanceEvent;
import dev.headroom.model.InstanceId;
import dev.headroom.model.MemoryLimit;
import dev.headroom.model.Node;
import dev.headroom.model.Observation;
import dev.headroom.model.OomKill;
import dev.headroom.model.OomProcess;
import dev.headroom.model.ProcessSample;
import dev.headroom.model.Sample;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class SpoolTest {

  private static final long MIB = 1L << 20;
  private static final InstanceId ID = InstanceId.of("node", "/db", "/data");
  private static final Instant AT = Instant.parse("2026-01-02T03:04:05.678901Z");

  @TempDir private Path folder;

  static List<Observation> everyKind() {
    ProcessSample bare =
        new ProcessSample(
            7,
            8,
            null,
            BackendKind.UNKNOWN,
            false,
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
            null,
            null,
            null);
    ProcessSample full =
        new ProcessSample(
            1,
            2,
            3,
            BackendKind.CLIENT_BACKEND,
            true,
            "db",
            "ü\n\"",
            4L,
            -5L,
            Long.MIN_VALUE,
            6L,
            7L,
            8L,
            9L,
            10L,
            -1000,
            11L,
            12L);
    Facts facts = Facts.builder().set(Fact.ANON, 1).set(Fact.OOM_KILLS, Long.MAX_VALUE).build();
    OomProcess victim =
        new OomProcess(
            1, 2, "foo) Z ", "postgres: a", BackendKind.CLIENT_BACKEND, "d", "u", 1L, 2L, "q");
    return List.of(
        new Node("node", "boot", "6.18", 1L, "tp_btf", AT),
        new Node("node", "boot", "6.18", null, null, AT),
        new Instance(
            ID, "node", "/db", CgroupVersion.V1, "/data", 5432, "15.1", Map.of("a", "b"), AT),
        new Sample(ID, AT, MemoryLimit.UNLIMITED, facts, List.of(full, bare)),
        new Sample(ID, AT, MemoryLimit.ofBytes(5), Facts.none(), List.of()),
        new Sample(ID, AT, null, Facts.none(), List.of()),
        new OomKill(
            UUID.randomUUID(),
            UUID.randomUUID(),
            "node",
            ID,
            AT,
            1,
            "tp_btf",
            victim,
            victim,
            "memcg",
            "/db",
            "/db",
            MemoryLimit.ofBytes(5),
            1L,
            2L,
            3L,
            4L,
            5L,
            6L,
            -1,
            7L,
            8L,
            true,
            false,
            null,
            null),
        OomKill.of(UUID.randomUUID(), UUID.randomUUID(), "node", null, AT, 1, "kmsg", victim),
        new InstanceEvent(ID, AT, InstanceEvent.Kind.READY, 12L, "detail"),
        new CollectorEvent("node", null, AT, CollectorEvent.Kind.GAP, 1L, 2L, "detail"),
        new GuardEvent(
            ID,
            AT,
            GuardEvent.Kind.BLOCK,
            1,
            2L,
            BackendKind.CLIENT_BACKEND,
            3L,
            "p",
            4L,
            5L,
            6L,
            7L,
            null,
            null,
            null),
        new Decision(
            ID, AT, "p", 1L, GuardMode.SHADOW, true, null, Map.of("x", 1.5), 2L, null, 0.95));
  }

  @ParameterizedTest
  @MethodSource("everyKind")
  void observation_comesBackAsItWas(Observation observation) throws IOException {
    ObservationCodec codec = new ObservationCodec();

    assertThat(codec.decode(codec.encode(observation))).isEqualTo(observation);
  }

  @Test
  void nulCharacter_whichTheDatabaseCannotKeep_isReplaced() throws IOException {
    ObservationCodec codec = new ObservationCodec();
    InstanceEvent event = new InstanceEvent(ID, AT, InstanceEvent.Kind.CRASH, null, "a\0b");

    assertThat(codec.decode(codec.encode(event)))
        .isEqualTo(new InstanceEvent(ID, AT, InstanceEvent.Kind.CRASH, null, "a\ufffdb"));
  }

  @Test
  void spool_givesTheLedgerFirstAndForgetsWhatIsStored() throws IOException {
    try (Spool spool = Spool.open(folder, 16 * MIB)) {
      spool.append(sample(0));
      spool.append(event(0));
      Spool.Batch batch = read(spool);
      assertThat(batch.observations()).containsExactly(event(0), sample(0));
      spool.advance(batch);
      assertThat(spool.isDrained()).isTrue();
      assertThat(read(spool).isEmpty()).isTrue();
    }
  }

  @Test
  void fullBound_thinsThenDropsSamplesAndCountsThemAndKeepsKills() throws IOException {
    try (Spool spool = Spool.open(folder, 16 * MIB)) {
      int appended = 0;
      while (spool.usedShare() < 0.97 && appended < 100_000) {
        spool.append(large(appended));
        appended++;
      }
      for (int i = 0; i < 2_000; i++) {
        spool.append(large(appended + i));
        spool.append(event(i));
      }
      long kept = 0;
      long events = 0;
      for (Spool.Batch batch = read(spool); !batch.isEmpty(); batch = read(spool)) {
        kept += batch.observations().stream().filter(Sample.class::isInstance).count();
        events += batch.observations().stream().filter(InstanceEvent.class::isInstance).count();
        spool.advance(batch);
      }
      long dropped = spool.takeDropped().getOrDefault(ID, 0L);

      assertThat(events).isEqualTo(2_000);
      assertThat(dropped).isPositive();
      assertThat(kept + dropped).isEqualTo(appended + 2_000);
      spool.append(sample(1_000_000));
      assertThat(read(spool).observations()).hasSize(1);
    }
  }

  /** On a real file system of 24 MiB: 8 for samples, 5 for the ledger, and a file that eats all. */
  @Test
  void fullDisk_dropsSamplesAndKeepsKillsFromTheReserve() throws Exception {
    assumeTrue("root".equals(System.getProperty("user.name")), "needs root to mount a tmpfs");
    Path disk = Files.createDirectory(folder.resolve("disk"));
    run("mount", "-t", "tmpfs", "-o", "size=24m", "headroom-test", disk.toString());
    try (Spool spool = Spool.open(disk.resolve("spool"), 1024 * MIB)) {
      fill(disk.resolve("eater"));
      int events = 0;
      for (int i = 0; i < 30_000; i++) {
        spool.append(large(i));
        if (i % 10 == 0) {
          spool.append(event(i));
          events++;
        }
      }
      long dropped = spool.takeDropped().getOrDefault(ID, 0L);
      assertThat(dropped).isPositive();
      long kept = 0;
      long keptEvents = 0;
      for (Spool.Batch batch = read(spool); !batch.isEmpty(); batch = read(spool)) {
        kept += batch.observations().stream().filter(Sample.class::isInstance).count();
        keptEvents += batch.observations().stream().filter(InstanceEvent.class::isInstance).count();
        spool.advance(batch);
      }
      assertThat(keptEvents).isEqualTo(events);
      assertThat(kept + dropped).isEqualTo(30_000);
    } finally {
      run("umount", disk.toString());
    }
  }

  @Test
  void writerKilledAtAnyMoment_losesNoEventItHadReported() throws Exception {
    for (int round = 0; round < 3; round++) {
      Path spoolFolder = folder.resolve("round" + round);
      int reported = writeUntilKilled(spoolFolder, 300 + round * 137);
      List<Observation> found = new ArrayList<>();
      try (Spool spool = Spool.open(spoolFolder, 16 * MIB)) {
        for (Spool.Batch batch = read(spool); !batch.isEmpty(); batch = read(spool)) {
          found.addAll(batch.observations());
          spool.advance(batch);
        }
      }
      assertThat(found.size()).isGreaterThanOrEqualTo(reported);
      for (int i = 0; i < found.size(); i++) {
        assertThat(found.get(i)).isEqualTo(event(i));
      }
    }
  }

  /** Starts a JVM that appends events and reports each, kills it with SIGKILL in the middle. */
  private static int writeUntilKilled(Path spoolFolder, int reports) throws Exception {
    Process writer =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin/java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                Writer.class.getName(),
                spoolFolder.toString())
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    int reported = 0;
    try (BufferedReader lines =
        new BufferedReader(
            new InputStreamReader(writer.getInputStream(), StandardCharsets.UTF_8))) {
      while (reported < reports && lines.readLine() != null) {
        reported++;
      }
      // Process.destroyForcibly would close the stream and hide the last reports.
      writer.toHandle().destroyForcibly();
      while (lines.readLine() != null) {
        reported++;
      }
    }
    assertThat(writer.waitFor(10, TimeUnit.SECONDS)).isTrue();
    return reported;
  }

  /** The writing side of {@link #writerKilledAtAnyMoment_losesNoEventItHadReported}. */
  public static final class Writer {
    private Writer() {}

    public static void main(String[] args) throws IOException {
      try (Spool spool = Spool.open(Path.of(args[0]), 16 * MIB)) {
        for (int i = 0; i < 1_000_000; i++) {
          spool.append(event(i));
          System.out.println(i);
        }
      }
    }
  }

  private static void fill(Path eater) throws IOException {
    byte[] block = new byte[1 << 16];
    try (var out = Files.newOutputStream(eater)) {
      while (true) {
        out.write(block);
      }
    } catch (IOException full) {
      assertThat(full).hasMessageContaining("No space left");
    }
  }

  private static void run(String... command) throws Exception {
    Process process = new ProcessBuilder(command).inheritIO().start();
    assertThat(process.waitFor()).as(String.join(" ", command)).isZero();
  }

  private static Spool.Batch read(Spool spool) throws IOException {
    return spool.read(
        5_000,
        4 * MIB,
        (record, problem) -> {
          throw new AssertionError(problem);
        });
  }

  private static InstanceEvent event(int number) {
    return new InstanceEvent(
        ID, AT.plusSeconds(number), InstanceEvent.Kind.CRASH, null, "event " + number);
  }

  private static Sample sample(int number) {
    return new Sample(ID, AT.plus(Duration.ofMillis(100L * number)), null, Facts.none(), List.of());
  }

  /** About 4 KiB. */
  private static Sample large(int number) {
    ProcessSample process =
        new ProcessSample(
            1,
            2,
            3,
            BackendKind.CLIENT_BACKEND,
            true,
            "x".repeat(4_000),
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
            null,
            null);
    return new Sample(
        ID, AT.plus(Duration.ofMillis(100L * number)), null, Facts.none(), List.of(process));
  }
}
