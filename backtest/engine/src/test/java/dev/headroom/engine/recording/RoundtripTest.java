package dev.headroom.engine.recording;

import static org.assertj.core.api.Assertions.assertThat;

import dev.headroom.model.InstanceRecording;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RoundtripTest {

  private static final RecordingPrivacy EVERYTHING = RecordingPrivacy.DEFAULT.withQueryText();

  @TempDir Path folder;

  @ParameterizedTest(name = "seed {0}")
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12})
  void whatIsRead_isWhatWasWritten(long seed) throws IOException {
    List<InstanceRecording> written = RandomRecording.odd(seed);
    Path directory = folder.resolve("recording");

    RecordingManifest manifest =
        RecordingDirectory.write(
            directory,
            RandomRecording.describe(written),
            written.iterator(),
            WriteOptions.of("test").withPrivacy(EVERYTHING));

    RecordingDirectory recording = RecordingDirectory.open(directory);
    assertThat(recording.manifest()).isEqualTo(manifest);
    assertThat(listOf(recording)).isEqualTo(written);
    assertThat(manifest.contentHash()).isEqualTo(ContentHash.of(written));
    recording.verifyContentHash();
  }

  static List<InstanceRecording> listOf(RecordingDirectory recording) {
    List<InstanceRecording> read = new ArrayList<>();
    try (InstanceReader reader = recording.instances()) {
      reader.forEachRemaining(read::add);
    }
    return read;
  }
}
