package dev.headroom.engine.recording;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.headroom.model.BackendKind;
import dev.headroom.model.CgroupVersion;
import dev.headroom.model.Decision;
import dev.headroom.model.Fact;
import dev.headroom.model.Facts;
import dev.headroom.model.GuardMode;
import dev.headroom.model.Instance;
import dev.headroom.model.InstanceEvent;
import dev.headroom.model.InstanceId;
import dev.headroom.model.InstanceRecording;
import dev.headroom.model.MemoryLimit;
import dev.headroom.model.OomKill;
import dev.headroom.model.OomProcess;
import dev.headroom.model.ProcessSample;
import dev.headroom.model.Sample;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ContentHashTest {

  private static final InstanceId ID = InstanceId.parse("00112233-4455-6677-8899-aabbccddeeff");

  /** 1,700,000,000 s after the epoch, and 5 microseconds. */
  private static final Instant TIME = Instant.ofEpochSecond(1_700_000_000, 5_000);

  private static final long TIME_MICROS = 1_700_000_000_000_005L;

  private static final Instance INSTANCE =
      new Instance(
          ID, "n", "/pg", CgroupVersion.V2, "/d", 5432, "17.11", Map.of("scenario", "s"), TIME);

  /**
   * The bytes of {@code docs/recordings.md}, put together by hand: a table's number, then number
   * and value of each hashed column that is present, then 0.
   */
  @Test
  void instanceHash_coversExactlyTheDocumentedBytes() throws Exception {
    InstanceRecording recording =
        recording(
            List.of(sample(List.of(process(7)))),
            List.of(new InstanceEvent(ID, TIME, InstanceEvent.Kind.READY, 1234L, "not hashed")));

    ByteBuffer bytes = ByteBuffer.allocate(1000);
    bytes.put("headroom-instance-1\n".getBytes(StandardCharsets.US_ASCII));
    // instance is table 1: instance_id, node_name, cgroup_path, cgroup_version, data_directory
    bytes.put((byte) 1);
    bytes.put((byte) 1).putLong(0x0011223344556677L).putLong(0x8899aabbccddeeffL);
    putText(bytes, 2, "n");
    putText(bytes, 3, "/pg");
    putText(bytes, 4, "v2");
    putText(bytes, 5, "/d");
    bytes.put((byte) 0);
    // memory_sample is table 2; anon is the fourth fact, and facts begin at column 5
    bytes.put((byte) 2);
    bytes.put((byte) 2).putLong(TIME_MICROS);
    bytes.put((byte) 3).putLong(1L << 30);
    bytes.put((byte) 4).put((byte) 0);
    bytes.put((byte) 8).putLong(4096);
    bytes.put((byte) 0);
    // process_sample is table 3
    bytes.put((byte) 3);
    bytes.put((byte) 2).putLong(TIME_MICROS);
    bytes.put((byte) 3).putLong(7);
    bytes.put((byte) 4).putLong(99);
    putText(bytes, 6, "client backend");
    bytes.put((byte) 7).put((byte) 1);
    putText(bytes, 8, "Ü");
    bytes.put((byte) 0);
    // instance_event is table 5; its detail is not hashed
    bytes.put((byte) 5);
    bytes.put((byte) 2).putLong(TIME_MICROS);
    putText(bytes, 3, "ready");
    bytes.put((byte) 4).putLong(1234);
    bytes.put((byte) 0);

    byte[] instanceDigest = digest(buffer -> buffer.put(bytes.flip()));
    assertThat(ContentHash.ofInstance(recording))
        .isEqualTo(HexFormat.of().formatHex(instanceDigest));

    byte[] recordingDigest =
        digest(buffer ->
            buffer
                .put("headroom-recording-1\n".getBytes(StandardCharsets.US_ASCII))
                .putLong(0x0011223344556677L)
                .putLong(0x8899aabbccddeeffL)
                .put(instanceDigest));
    assertThat(ContentHash.of(List.of(recording)))
        .isEqualTo(HexFormat.of().formatHex(recordingDigest));
  }

  /** The literal is for ever: recordings that were shared carry it. */
  @Test
  void hashOfTheHandMadeRecording_neverChanges() {
    assertThat(ContentHash.of(List.of(handMade())))
        .isEqualTo("b7be82cc80ed41558f36068e1a009720ea8d273a95749c359e2383a4a3b79417");
  }

  @Test
  void hashOfNothing_neverChanges() {
    assertThat(ContentHash.of(List.of()))
        .isEqualTo(
            HexFormat.of()
                .formatHex(
                    digest(buffer ->
                        buffer.put("headroom-recording-1\n".getBytes(StandardCharsets.US_ASCII)))));
  }

  @ParameterizedTest(name = "seed {0}")
  @ValueSource(longs = {21, 22, 23, 24, 25})
  void hash_doesNotDependOnTheOrderOfRowsOrInstances(long seed) {
    List<InstanceRecording> recordings = RandomRecording.odd(seed);
    Random random = new Random(seed);

    List<InstanceRecording> shuffled = new ArrayList<>();
    for (InstanceRecording recording : shuffled(recordings, random)) {
      shuffled.add(
          new InstanceRecording(
              recording.instance(),
              recording.samples().stream()
                  .map(sample -> withProcesses(sample, shuffled(sample.processes(), random)))
                  .toList(),
              shuffled(recording.kills(), random),
              shuffled(recording.instanceEvents(), random),
              shuffled(recording.guardEvents(), random),
              shuffled(recording.decisions(), random)));
    }

    assertThat(ContentHash.of(shuffled)).isEqualTo(ContentHash.of(recordings));
  }

  @Test
  void hash_changesWithAnyValueAndWithItsAbsence() {
    Sample sample = sample(List.of(process(7)));
    List<Sample> variants =
        List.of(
            sample,
            new Sample(
                ID, TIME.plusNanos(1000), sample.memoryMax(), sample.facts(), List.of(process(7))),
            new Sample(ID, TIME, MemoryLimit.UNLIMITED, sample.facts(), List.of(process(7))),
            new Sample(ID, TIME, null, sample.facts(), List.of(process(7))),
            new Sample(ID, TIME, sample.memoryMax(), Facts.none(), List.of(process(7))),
            new Sample(
                ID,
                TIME,
                sample.memoryMax(),
                Facts.builder().set(Fact.FILE, 4096).build(),
                List.of(process(7))),
            sample(List.of(process(8))),
            sample(List.of(process(7), process(8))),
            sample(List.of()));

    assertThat(variants.stream().map(s -> ContentHash.ofInstance(recording(List.of(s), List.of()))))
        .doesNotHaveDuplicates();
  }

  /** Zero without a sign: JSON in the database does not keep it. */
  @Test
  void hash_takesNegativeZeroForZero() {
    assertThat(ContentHash.ofInstance(withInput(-0.0)))
        .isEqualTo(ContentHash.ofInstance(withInput(0.0)))
        .isNotEqualTo(ContentHash.ofInstance(withInput(Double.MIN_VALUE)));
  }

  @Test
  void hash_doesNotCoverWhatIsUpdatedLaterOrLeavesWhenShared() {
    InstanceRecording full = handMade();
    Instance updated =
        new Instance(
            ID, "n", "/pg", CgroupVersion.V2, "/d", null, "18.1", Map.of(), TIME.plusSeconds(1));
    InstanceRecording bare =
        new InstanceRecording(
            updated,
            full.samples(),
            List.of(kill(null, null)),
            List.of(event(null)),
            full.guardEvents(),
            full.decisions());

    assertThat(ContentHash.ofInstance(bare)).isEqualTo(ContentHash.ofInstance(full));
  }

  @Test
  void timeBelowAMicrosecond_isRefused() {
    InstanceRecording recording =
        recording(
            List.of(new Sample(ID, TIME.plusNanos(1), null, Facts.none(), List.of())), List.of());

    assertThatThrownBy(() -> ContentHash.ofInstance(recording))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("2023-11-14T22:13:20.000005001Z has a fraction below a microsecond");
  }

  @Test
  void sameInstanceTwice_isRefused() {
    assertThatThrownBy(() -> ContentHash.of(List.of(handMade(), handMade())))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("instance " + ID + " is in the recording twice");
  }

  private static InstanceRecording handMade() {
    return new InstanceRecording(
        INSTANCE,
        List.of(sample(List.of(process(7), process(8)))),
        List.of(kill("postgres: app db [local] SELECT", "SELECT 1")),
        List.of(event("a line of the log")),
        List.of(),
        List.of(decision(1e9)));
  }

  private static InstanceRecording recording(List<Sample> samples, List<InstanceEvent> events) {
    return new InstanceRecording(INSTANCE, samples, List.of(), events, List.of(), List.of());
  }

  private static InstanceRecording withInput(double value) {
    return new InstanceRecording(
        INSTANCE, List.of(), List.of(), List.of(), List.of(), List.of(decision(value)));
  }

  private static Sample sample(List<ProcessSample> processes) {
    return new Sample(
        ID,
        TIME,
        MemoryLimit.ofBytes(1L << 30),
        Facts.builder().set(Fact.ANON, 4096).build(),
        processes);
  }

  private static Sample withProcesses(Sample sample, List<ProcessSample> processes) {
    return new Sample(
        sample.instanceId(), sample.sampledAt(), sample.memoryMax(), sample.facts(), processes);
  }

  private static ProcessSample process(int pid) {
    return new ProcessSample(
        pid,
        99,
        null,
        BackendKind.CLIENT_BACKEND,
        true,
        "Ü",
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
  }

  private static OomKill kill(@Nullable String title, @Nullable String queryText) {
    return new OomKill(
        new UUID(1, 2),
        new UUID(3, 4),
        "n",
        ID,
        TIME,
        42,
        "tp_btf",
        new OomProcess(
            7, null, "postgres", title, BackendKind.CLIENT_BACKEND, "db", "app", 5L, 6L, queryText),
        null,
        "memcg",
        "/pg",
        "/pg",
        MemoryLimit.UNLIMITED,
        1L << 30,
        null,
        1L << 29,
        null,
        null,
        null,
        0,
        null,
        null,
        false,
        true,
        null,
        null);
  }

  private static InstanceEvent event(@Nullable String detail) {
    return new InstanceEvent(ID, TIME, InstanceEvent.Kind.CRASH, null, detail);
  }

  private static Decision decision(double input) {
    return new Decision(
        ID,
        TIME,
        "talk",
        1L << 29,
        GuardMode.SHADOW,
        false,
        null,
        Map.of("anon", input),
        120L,
        null,
        null);
  }

  private static <T> List<T> shuffled(List<T> list, Random random) {
    List<T> copy = new ArrayList<>(list);
    Collections.shuffle(copy, random);
    return copy;
  }

  private static void putText(ByteBuffer bytes, int column, String text) {
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    bytes.put((byte) column).putInt(utf8.length).put(utf8);
  }

  private static byte[] digest(Consumer<ByteBuffer> content) {
    ByteBuffer buffer = ByteBuffer.allocate(1000);
    content.accept(buffer);
    return ContentHash.sha256().digest(java.util.Arrays.copyOf(buffer.array(), buffer.position()));
  }
}
