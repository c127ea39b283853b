package dev.headroom.engine.recording;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.headroom.engine.recording.RecordingManifest.TableSummary;
import dev.headroom.model.Instance;
import dev.headroom.model.InstanceEvent;
import dev.headroom.model.InstanceRecording;
import dev.headroom.model.ProcessSample;
import dev.headroom.model.Sample;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Files that an older, a newer or a wrong program wrote, under a manifest that vouches for them.
 */
class ForeignFileTest {

  private static final List<InstanceRecording> LAB = RandomRecording.lab(8, 3, 20, 4, 250_000);

  @TempDir Path folder;
  private Path directory;

  @BeforeEach
  void writeRecording() throws IOException {
    directory = folder.resolve("recording");
    RecordingDirectory.write(
        directory,
        RandomRecording.describe(LAB),
        LAB.iterator(),
        WriteOptions.of("test").withPrivacy(RecordingPrivacy.DEFAULT.withQueryText()));
  }

  @Test
  void unknownColumnOfANewerProgram_isIgnored() throws IOException {
    List<Column<Sample>> columns = new ArrayList<>(Tables.MEMORY_SAMPLE.columns());
    columns.add(2, new Column<>(99, "zswap_bytes", ColumnType.LONG, true, sample -> 4096L));
    columns.add(new Column<>(100, "mood", ColumnType.TEXT_MAP, true, sample -> Map.of("a", "b")));

    replace(withColumns(Tables.MEMORY_SAMPLE, columns), samples());

    assertThat(read()).isEqualTo(LAB);
  }

  @Test
  void columnThatAnOlderProgramDidNotKnow_isAbsent() throws IOException {
    List<Column<ProcessRow>> columns =
        Tables.PROCESS_SAMPLE.columns().stream()
            .filter(column -> !column.name().equals("swap_bytes"))
            .toList();

    replace(withColumns(Tables.PROCESS_SAMPLE, columns), processes());

    List<ProcessSample> read =
        read().stream()
            .flatMap(recording -> recording.samples().stream())
            .flatMap(sample -> sample.processes().stream())
            .toList();
    assertThat(read).hasSize(3 * 20 * 4).allMatch(process -> process.swapBytes() == null);
  }

  @Test
  void columnThatEveryRowMustHave_isMissedByName() throws IOException {
    List<Column<ProcessRow>> columns =
        Tables.PROCESS_SAMPLE.columns().stream()
            .filter(column -> !column.name().equals("pid"))
            .toList();

    replace(withColumns(Tables.PROCESS_SAMPLE, columns), processes());

    assertMalformed(
        "column pid of " + file(Tables.PROCESS_SAMPLE) + " is absent where every row must have it");
  }

  @Test
  void columnOfAnotherType_isMalformed() throws IOException {
    List<Column<Instance>> columns = new ArrayList<>(Tables.INSTANCE.columns());
    columns.set(1, new Column<>(2, "node_name", ColumnType.LONG, true, instance -> 5L));

    replace(withColumns(Tables.INSTANCE, columns), instances());

    assertMalformed(
        "column node_name of " + file(Tables.INSTANCE) + " holds Long instead of String");
  }

  @Test
  void constantOfANewerProgram_isUnsupported() throws IOException {
    List<Column<Instance>> columns = new ArrayList<>(Tables.INSTANCE.columns());
    columns.set(3, new Column<>(4, "cgroup_version", ColumnType.TEXT, true, instance -> "v3"));

    replace(withColumns(Tables.INSTANCE, columns), instances());

    assertThatThrownBy(this::read)
        .isInstanceOf(RecordingException.Unsupported.class)
        .hasMessageContaining("is \"v3\", which this version does not know");
  }

  @Test
  void tableThatAnOlderProgramDidNotKnow_isEmpty() throws IOException {
    RecordingManifest manifest = RecordingDirectory.open(directory).manifest();
    Map<String, TableSummary> files = new HashMap<>(manifest.files());
    files.remove("oom_kill");
    SealedManifest.write(directory, files);
    Files.delete(file(Tables.OOM_KILL));

    assertThat(read()).hasSize(3).allMatch(recording -> recording.kills().isEmpty());
  }

  @Test
  void rowsOfAnInstanceInAnyOrder_areTheSameRecording() throws IOException {
    Random random = new Random(5);
    List<Sample> samples = new ArrayList<>();
    List<ProcessRow> processes = new ArrayList<>();
    for (InstanceRecording recording : LAB) {
      samples.addAll(shuffled(recording.samples(), random));
      processes.addAll(shuffled(processes(recording), random));
    }

    replace(Tables.MEMORY_SAMPLE, samples);
    replace(Tables.PROCESS_SAMPLE, processes);

    assertThat(read()).isEqualTo(LAB);
    RecordingDirectory.open(directory).verifyContentHash();
  }

  /** As the database gives them; canonical order would put the longer word last. */
  @Test
  void eventsOfOneMoment_comeInTheOrderOfTheirKeys() throws IOException {
    Sample sample = samples().getFirst();
    List<InstanceEvent> events =
        Stream.of(InstanceEvent.Kind.START, InstanceEvent.Kind.READY, InstanceEvent.Kind.STOP)
            .map(kind ->
                new InstanceEvent(sample.instanceId(), sample.sampledAt(), kind, null, null))
            .toList();

    replace(Tables.INSTANCE_EVENT, events.reversed());

    assertThat(read().getFirst().instanceEvents()).isEqualTo(events);
  }

  @Test
  void instancesOutOfOrderOrTwice_areMalformed() throws IOException {
    replace(Tables.INSTANCE, instances().reversed());
    assertMalformed("out of order");

    replace(Tables.INSTANCE, List.of(instances().getFirst(), instances().getFirst()));
    assertMalformed("has rows of instance");
  }

  @Test
  void rowsThatBelongToNoInstance_areMalformed() throws IOException {
    replace(Tables.INSTANCE, instances().subList(0, 2));
    assertMalformed("memory_sample.parquet has rows of instance " + LAB.get(2).instance().id());
  }

  @Test
  void processesWithoutTheirSample_areMalformed() throws IOException {
    replace(Tables.MEMORY_SAMPLE, samples().subList(1, samples().size()));
    assertMalformed("has processes but no sample at " + samples().getFirst().sampledAt());
  }

  @Test
  void twoSamplesAtOneMoment_areMalformed() throws IOException {
    List<Sample> twice = new ArrayList<>(samples());
    twice.addFirst(twice.getFirst());
    replace(Tables.MEMORY_SAMPLE, twice);
    assertMalformed("has two samples at " + samples().getFirst().sampledAt());
  }

  @Test
  void fileThatIsNoParquet_isMalformedByName() throws IOException {
    Files.writeString(file(Tables.MEMORY_SAMPLE), "no Parquet at all, but the checksum fits");
    seal(Tables.MEMORY_SAMPLE, 0);
    assertMalformed(file(Tables.MEMORY_SAMPLE) + " cannot be read: ");

    Files.writeString(file(Tables.MEMORY_SAMPLE), "");
    seal(Tables.MEMORY_SAMPLE, 0);
    assertMalformed(file(Tables.MEMORY_SAMPLE) + " cannot be read: ");
  }

  @Test
  void pageThatIsDamagedUnderAChecksumThatFits_isMalformedByName() throws IOException {
    byte[] bytes = Files.readAllBytes(file(Tables.PROCESS_SAMPLE));
    byte[] noise = "noise in the middle of a compressed page".getBytes(StandardCharsets.US_ASCII);
    System.arraycopy(noise, 0, bytes, 60, noise.length);
    Files.write(file(Tables.PROCESS_SAMPLE), bytes);
    seal(Tables.PROCESS_SAMPLE, 0);

    assertMalformed(file(Tables.PROCESS_SAMPLE) + " cannot be read: ");
  }

  @Test
  void rowsThatWereChangedUnderAManifestThatFits_failTheContentHash() throws IOException {
    replace(Tables.PROCESS_SAMPLE, processes().subList(0, processes().size() - 1));

    assertThatThrownBy(() -> RecordingDirectory.open(directory).verifyContentHash())
        .isInstanceOf(RecordingException.Malformed.class)
        .hasMessageContaining("its manifest says " + ContentHash.of(LAB));
  }

  private List<InstanceRecording> read() throws IOException {
    return RoundtripTest.listOf(RecordingDirectory.open(directory));
  }

  private void assertMalformed(String message) {
    assertThatThrownBy(this::read)
        .isInstanceOf(RecordingException.Malformed.class)
        .hasMessageContaining(message);
  }

  private Path file(Table<?> table) {
    return directory.resolve(table.fileName());
  }

  private <R> void replace(Table<R> table, List<R> rows) throws IOException {
    try (TableFile.Writer<R> writer = new TableFile.Writer<>(directory, table)) {
      for (R row : rows) {
        writer.write(row);
      }
    }
    seal(table, rows.size());
  }

  /** Makes the manifest vouch for the file as it is now. */
  private void seal(Table<?> table, long rows) throws IOException {
    Path file = file(table);
    Map<String, TableSummary> files = new HashMap<>(ManifestFile.read(directory).files());
    files.put(
        table.name(),
        new TableSummary(table.fileName(), rows, Files.size(file), FileDigest.of(file)));
    SealedManifest.write(directory, files);
  }

  private static <R> Table<R> withColumns(Table<R> table, List<Column<R>> columns) {
    return new Table<>(
        table.number(),
        table.name(),
        table.rowType(),
        columns,
        table.instanceId(),
        table.time(),
        table.reader());
  }

  private static List<Instance> instances() {
    return LAB.stream().map(InstanceRecording::instance).toList();
  }

  private static List<Sample> samples() {
    return LAB.stream().flatMap(recording -> recording.samples().stream()).toList();
  }

  private static List<ProcessRow> processes() {
    return LAB.stream().flatMap(recording -> processes(recording).stream()).toList();
  }

  private static List<ProcessRow> processes(InstanceRecording recording) {
    return recording.samples().stream()
        .flatMap(sample ->
            sample.processes().stream()
                .map(process -> new ProcessRow(sample.instanceId(), sample.sampledAt(), process)))
        .toList();
  }

  private static <T> List<T> shuffled(List<T> rows, Random random) {
    List<T> copy = new ArrayList<>(rows);
    Collections.shuffle(copy, random);
    return copy;
  }
}
