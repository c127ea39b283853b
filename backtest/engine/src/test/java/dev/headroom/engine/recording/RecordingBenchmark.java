package dev.headroom.engine.recording;

import dev.headroom.model.InstanceRecording;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Measures writing, hashing and reading a recording as large as ten minutes of the lab: 14
 * instances, 4 Hz, 12 processes each. {@code docs/recordings.md} tells how to run it.
 */
public final class RecordingBenchmark {

  private static final int ROUNDS = 5;

  private RecordingBenchmark() {}

  /** Prints a line for each round; the first includes the start of the JVM's compiler. */
  public static void main(String[] arguments) throws IOException {
    List<InstanceRecording> lab = RandomRecording.lab(1, 14, 2400, 12, 250_000);
    Path directory = Files.createTempDirectory("headroom-benchmark").resolve("recording");
    for (int round = 0; round < ROUNDS; round++) {
      long start = System.nanoTime();
      RecordingManifest manifest =
          RecordingDirectory.write(
              directory,
              RandomRecording.describe(lab),
              lab.iterator(),
              WriteOptions.of("benchmark").overwriting());
      long written = System.nanoTime();
      RecordingDirectory recording = RecordingDirectory.open(directory);
      long opened = System.nanoTime();
      try (InstanceReader reader = recording.instances()) {
        reader.forEachRemaining(instance -> {});
      }
      long read = System.nanoTime();
      String contentHash = ContentHash.of(lab);
      long hashed = System.nanoTime();
      if (!contentHash.equals(manifest.contentHash())) {
        throw new IllegalStateException("the hash of what was written is another");
      }
      long rows = manifest.files().values().stream().mapToLong(file -> file.rows()).sum();
      long bytes = manifest.files().values().stream().mapToLong(file -> file.bytes()).sum();
      System.out.printf(
          "%,d rows, %,d bytes: write %d ms, open %d ms, read %d ms, hash %d ms%n",
          rows,
          bytes,
          ms(written - start),
          ms(opened - written),
          ms(read - opened),
          ms(hashed - read));
    }
  }

  private static long ms(long nanos) {
    return TimeUnit.NANOSECONDS.toMillis(nanos);
  }
}
