package dev.headroom.engine.recording;

import static org.assertj.core.api.Assertions.assertThat;

import dev.headroom.engine.recording.RecordingManifest.TableSummary;
import dev.headroom.model.InstanceRecording;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Parquet files that somebody damaged, under a manifest that vouches for them: each is read, or
 * refused with its name. The long form is {@code -Dheadroom.fuzz.recordings=10000}; {@code
 * -Dheadroom.seed} repeats a run.
 */
@Timeout(value = 30, unit = TimeUnit.MINUTES)
final class RecordingFuzzTest {

  private static final int MUTANTS = Integer.getInteger("headroom.fuzz.recordings", 200);
  private static final List<InstanceRecording> LAB = RandomRecording.lab(5, 2, 12, 3, 250_000);

  @TempDir Path folder;
  private Path directory;

  @BeforeEach
  void writeRecording() throws IOException {
    directory = folder.resolve("recording");
    RecordingDirectory.write(
        directory, RandomRecording.describe(LAB), LAB.iterator(), WriteOptions.of("test"));
  }

  @Test
  void everyMutant_isRead_orRefusedWithItsFile() throws IOException {
    long seed = Long.getLong("headroom.seed", new Random().nextLong());
    Random random = new Random(seed);
    List<TableSummary> tables = List.copyOf(ManifestFile.read(directory).files().values());
    int refused = 0;
    for (int i = 0; i < MUTANTS; i++) {
      TableSummary table = tables.get(random.nextInt(tables.size()));
      Path file = directory.resolve(table.fileName());
      byte[] sound = Files.readAllBytes(file);
      Files.write(file, mutate(sound, random));
      seal(table);
      try (InstanceReader reader = RecordingDirectory.open(directory).instances()) {
        reader.forEachRemaining(recording -> assertThat(recording.instance()).isNotNull());
      } catch (RecordingException e) {
        refused++;
        assertThat(e.getMessage())
            .as("seed %d, mutant %d", seed, i)
            .contains(directory.toString())
            .contains(".parquet");
      } catch (RuntimeException | StackOverflowError | OutOfMemoryError e) {
        throw new AssertionError(
            "seed %d, mutant %d of %s".formatted(seed, i, table.fileName()), e);
      }
      Files.write(file, sound);
      seal(table);
    }
    assertThat(refused).as("seed %d", seed).isBetween(MUTANTS / 4, MUTANTS - 1);
  }

  @Test
  void everyMutantOfTheManifest_isRead_orRefusedWithItsName() throws IOException {
    long seed = Long.getLong("headroom.seed", new Random().nextLong());
    Random random = new Random(seed);
    Path manifest = directory.resolve(RecordingManifest.FILE_NAME);
    byte[] sound = Files.readAllBytes(manifest);
    for (int i = 0; i < MUTANTS; i++) {
      byte[] mutant = mutate(sound, random);
      Files.write(manifest, mutant);
      try (InstanceReader reader = RecordingDirectory.open(directory).instances()) {
        reader.forEachRemaining(recording -> assertThat(recording.instance()).isNotNull());
      } catch (RecordingException e) {
        assertThat(e.getMessage()).as("seed %d, mutant %d", seed, i).contains(directory.toString());
      } catch (RuntimeException | StackOverflowError | OutOfMemoryError e) {
        throw new AssertionError(
            "seed %d, mutant %d: %s"
                .formatted(seed, i, new String(mutant, StandardCharsets.ISO_8859_1)),
            e);
      }
    }
  }

  private void seal(TableSummary table) throws IOException {
    Path file = directory.resolve(table.fileName());
    Map<String, TableSummary> files = new HashMap<>(ManifestFile.read(directory).files());
    files.replaceAll((_, each) ->
        each.fileName().equals(table.fileName())
            ? new TableSummary(each.fileName(), each.rows(), size(file), digest(file))
            : each);
    SealedManifest.write(directory, files);
  }

  private static long size(Path file) {
    try {
      return Files.size(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String digest(Path file) {
    try {
      return FileDigest.of(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static byte[] mutate(byte[] sound, Random random) {
    byte[] mutant = sound.clone();
    int changes = 1 + random.nextInt(3);
    for (int i = 0; i < changes; i++) {
      int from = random.nextInt(mutant.length);
      int to = Math.min(mutant.length, from + 1 + random.nextInt(16));
      switch (random.nextInt(5)) {
        case 0 -> mutant[from] ^= (byte) (1 << random.nextInt(8));
        case 1 -> mutant[from] = (byte) random.nextInt(256);
        case 2 -> Arrays.fill(mutant, from, to, (byte) (random.nextBoolean() ? 0 : 0xFF));
        case 3 ->
            System.arraycopy(sound, random.nextInt(sound.length - 16), mutant, from, to - from);
        default -> mutant = Arrays.copyOf(mutant, Math.max(1, from));
      }
    }
    return mutant;
  }
}
