package dev.headroom.engine.recording;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.headroom.model.InstanceRecording;
import dev.headroom.model.Recording;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Writing is wholly or not at all; whatever is wrong with a folder is said when it is opened. */
class RecordingDirectoryTest {

  private static final WriteOptions OPTIONS = WriteOptions.of("headroom test");
  private static final List<InstanceRecording> LAB = RandomRecording.lab(7, 3, 20, 4, 250_000);
  private static final Recording RECORDING = RandomRecording.describe(LAB);

  @TempDir Path folder;
  private Path directory;

  @BeforeEach
  void chooseDirectory() {
    directory = folder.resolve("recording");
  }

  @Test
  void manifest_saysWhatIsInTheRecording() throws IOException {
    RecordingManifest manifest = write();

    assertThat(manifest.recording()).isEqualTo(RECORDING);
    assertThat(manifest.producer()).isEqualTo("headroom test");
    // 3 instances x 20 samples x 4 processes
    assertThat(manifest.rows("instance")).isEqualTo(3);
    assertThat(manifest.rows("memory_sample")).isEqualTo(60);
    assertThat(manifest.rows("process_sample")).isEqualTo(240);
    assertThat(manifest.rows("oom_kill")).isEqualTo(3);
    assertThat(manifest.rows("no_such_table")).isZero();
    assertThat(manifest.instances())
        .extracting(RecordingManifest.InstanceSummary::contentHash)
        .containsExactlyElementsOf(
            LAB.stream()
                .map(RecordingPrivacy.DEFAULT::apply)
                .map(ContentHash::ofInstance)
                .toList());
    assertThat(Files.readString(directory.resolve("manifest.json")))
        .contains("\"format_version\" : 1", "\"starts_at\" : \"2026-03-01T12:00:00.000001Z\"")
        .contains("\"fidelity\" : \"resident\"");
  }

  @Test
  void writingTwice_givesTheSameBytes() throws IOException {
    write();
    Map<String, byte[]> first = contents(directory);
    directory = folder.resolve("again");
    write();

    assertThat(contents(directory)).containsExactlyEntriesOf(first);
  }

  @Test
  void existingRecording_isOnlyReplacedWhenTold() throws IOException {
    write();
    Recording renamed =
        new Recording("other", RECORDING.startsAt(), RECORDING.endsAt(), RECORDING.instances(), "");

    assertThatThrownBy(() -> RecordingDirectory.write(directory, renamed, LAB.iterator(), OPTIONS))
        .isInstanceOf(FileAlreadyExistsException.class)
        .hasMessageContaining(directory.toString());
    assertThat(RecordingDirectory.open(directory).manifest().name()).isEqualTo("made up");

    RecordingDirectory.write(directory, renamed, LAB.iterator(), OPTIONS.overwriting());
    assertThat(RecordingDirectory.open(directory).manifest().name()).isEqualTo("other");
    assertThat(names(folder)).containsExactly("recording");
  }

  @Test
  void folderThatIsNoRecording_isNeverReplaced() throws IOException {
    Files.createDirectory(directory);
    Files.writeString(directory.resolve("thesis.txt"), "dear to somebody");

    assertThatThrownBy(() ->
            RecordingDirectory.write(directory, RECORDING, LAB.iterator(), OPTIONS.overwriting()))
        .isInstanceOf(FileAlreadyExistsException.class)
        .hasMessageContaining("it is no recording");
    assertThat(directory.resolve("thesis.txt")).hasContent("dear to somebody");
  }

  @Test
  void missingParentFolder_isNamed() {
    assertThatThrownBy(() ->
            RecordingDirectory.write(
                folder.resolve("no/recording"), RECORDING, LAB.iterator(), OPTIONS))
        .isInstanceOf(NoSuchFileException.class)
        .hasMessageContaining(folder.resolve("no").toString());
  }

  @Test
  void failureWhileWriting_leavesWhatWasThereAndNothingElse() throws IOException {
    write();
    Map<String, byte[]> before = contents(directory);

    assertThatThrownBy(() ->
            RecordingDirectory.write(directory, RECORDING, failingAfter(2), OPTIONS.overwriting()))
        .hasMessage("the database went away");
    assertThatThrownBy(() ->
            RecordingDirectory.write(folder.resolve("new"), RECORDING, failingAfter(2), OPTIONS))
        .hasMessage("the database went away");

    assertThat(names(folder)).containsExactly("recording");
    assertThat(contents(directory)).containsExactlyEntriesOf(before);
  }

  @Test
  void instancesThatAreNotThoseListed_areRefused() {
    assertThatThrownBy(() -> write(LAB.subList(0, 2)))
        .hasMessageContaining("lists instance " + id(2) + ", which was not given");
    assertThatThrownBy(() -> write(LAB.reversed()))
        .hasMessageContaining(
            "instance " + id(2) + " was given where the recording lists " + id(0));
    List<InstanceRecording> more = Stream.concat(LAB.stream(), LAB.stream().limit(1)).toList();
    assertThatThrownBy(() -> write(more))
        .hasMessageContaining("instance " + id(0) + " was given, which recording made up does not");
  }

  @Test
  void rowOfAnotherInstance_isRefused() {
    InstanceRecording first = LAB.getFirst();
    InstanceRecording mixed =
        new InstanceRecording(
            first.instance(), LAB.get(1).samples(), List.of(), List.of(), List.of(), List.of());

    assertThatThrownBy(() -> write(List.of(mixed, LAB.get(1), LAB.get(2))))
        .hasMessageContaining("a row of memory_sample at ")
        .hasMessageContaining("belongs to instance " + id(1) + ", not to " + id(0));
  }

  @Test
  void folderOrManifestOrFileThatIsNotThere_isMissing() throws IOException {
    assertMissing(directory, "there is no folder " + directory);
    assertMissing(folder, folder + " is not a recording: it has no manifest.json");
    write();
    Files.delete(directory.resolve("oom_kill.parquet"));
    assertMissing(directory, directory.resolve("oom_kill.parquet") + ", which the manifest lists");
  }

  @Test
  void truncatedFile_isMalformed() throws IOException {
    write();
    Path file = directory.resolve("process_sample.parquet");
    long bytes = Files.size(file);
    try (RandomAccessFile random = new RandomAccessFile(file.toFile(), "rw")) {
      random.setLength(bytes - 1);
    }

    assertMalformed(file + " has " + (bytes - 1) + " bytes where the manifest says " + bytes);
  }

  @Test
  void oneWrongByte_isMalformed() throws IOException {
    write();
    Path file = directory.resolve("memory_sample.parquet");
    byte[] bytes = Files.readAllBytes(file);
    bytes[bytes.length / 2] ^= 1;
    Files.write(file, bytes);

    assertMalformed(file + " is damaged: its SHA-256 is ");
  }

  @Test
  void manifestThatIsNone_isMalformed() throws IOException {
    write();
    Path file = directory.resolve("manifest.json");
    String json = Files.readString(file);

    Files.writeString(file, json.substring(0, 100));
    assertMalformed(file + " is not a manifest: ");
    Files.writeString(file, "[]");
    assertMalformed(file + " is not a manifest: format_version is missing or not an integer");
    Files.writeString(file, json.replace("content_hash", "contentHash"));
    assertMalformed("content_hash");
    Files.writeString(file, json.replace("\"decision.parquet\"", "\"../decision.parquet\""));
    assertMalformed("names a file outside it: ../decision.parquet");
  }

  @Test
  void newerFormat_isUnsupportedAndSaysWhoWroteIt() throws IOException {
    write();
    Path file = directory.resolve("manifest.json");
    Files.writeString(
        file, Files.readString(file).replace("\"format_version\" : 1", "\"format_version\" : 2"));

    assertThatThrownBy(() -> RecordingDirectory.open(directory))
        .isInstanceOf(RecordingException.Unsupported.class)
        .hasMessageContaining("has format version 2; this program reads version 1")
        .hasMessageContaining("headroom test");
  }

  @Test
  void unknownKeyOfANewerManifest_isAccepted() throws IOException {
    write();
    Path file = directory.resolve("manifest.json");
    Files.writeString(
        file,
        Files.readString(file)
            .replace("\"format_version\" : 1", "\"format_version\" : 1, \"mood\" : \"good\""));

    assertThat(RecordingDirectory.open(directory).manifest().name()).isEqualTo("made up");
  }

  @Test
  void openReader_canBeClosedBeforeItsEnd() throws IOException {
    write();
    InstanceReader reader = RecordingDirectory.open(directory).instances();
    assertThat(reader.next().instance()).isEqualTo(LAB.getFirst().instance());
    reader.close();
    reader.close();
  }

  private RecordingManifest write() throws IOException {
    return write(LAB);
  }

  private RecordingManifest write(List<InstanceRecording> instances) throws IOException {
    return RecordingDirectory.write(directory, RECORDING, instances.iterator(), OPTIONS);
  }

  private static String id(int index) {
    return LAB.get(index).instance().id().toString();
  }

  private static Iterator<InstanceRecording> failingAfter(int count) {
    Iterator<InstanceRecording> instances = LAB.iterator();
    return new Iterator<>() {
      private int given;

      @Override
      public boolean hasNext() {
        return instances.hasNext();
      }

      @Override
      public InstanceRecording next() {
        if (given++ == count) {
          throw new IllegalStateException("the database went away");
        }
        return instances.next();
      }
    };
  }

  private static void assertMissing(Path path, String message) {
    assertThatThrownBy(() -> RecordingDirectory.open(path))
        .isInstanceOf(RecordingException.Missing.class)
        .hasMessageContaining(message);
  }

  private void assertMalformed(String message) {
    assertThatThrownBy(() -> RecordingDirectory.open(directory))
        .isInstanceOf(RecordingException.Malformed.class)
        .hasMessageContaining(message);
  }

  private static List<String> names(Path path) throws IOException {
    try (Stream<Path> entries = Files.list(path)) {
      return entries.map(entry -> entry.getFileName().toString()).sorted().toList();
    }
  }

  private static Map<String, byte[]> contents(Path path) throws IOException {
    Map<String, byte[]> contents = new TreeMap<>();
    for (String name : names(path)) {
      contents.put(name, Files.readAllBytes(path.resolve(name)));
    }
    return contents;
  }
}
