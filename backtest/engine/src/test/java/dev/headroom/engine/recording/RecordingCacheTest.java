package dev.headroom.engine.recording;

import static org.assertj.core.api.Assertions.assertThat;

import dev.headroom.engine.backtest.Backtest;
import dev.headroom.engine.backtest.BacktestConfig;
import dev.headroom.engine.backtest.Candidate;
import dev.headroom.engine.backtest.EngineOptions;
import dev.headroom.engine.backtest.ProgressListener;
import dev.headroom.engine.backtest.RecordingSource;
import dev.headroom.engine.backtest.RecordingSource.InstanceSource;
import dev.headroom.engine.kernel.SampleChunk;
import dev.headroom.engine.kernel.SampleFeed;
import dev.headroom.engine.kernel.StreamedRecording;
import dev.headroom.engine.report.JsonReport;
import dev.headroom.formula.FormulaLibrary;
import dev.headroom.model.InstanceRecording;
import dev.headroom.model.Policy;
import dev.headroom.model.Sample;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What was read before is read again from the cache, and is the same. */
final class RecordingCacheTest {

  @TempDir Path folder;

  private final List<String> notices = Collections.synchronizedList(new ArrayList<>());

  private RecordingCache cache(long bytes) throws IOException {
    return new RecordingCache(folder.resolve("cache"), bytes, notices::add);
  }

  private RecordingDirectory written(List<InstanceRecording> recordings) throws IOException {
    Path directory = folder.resolve("recording");
    RecordingDirectory.write(
        directory,
        RandomRecording.describe(recordings),
        recordings.iterator(),
        WriteOptions.of("test"));
    return RecordingDirectory.open(directory);
  }

  private static InstanceRecording withoutSamples(InstanceRecording whole) {
    return new InstanceRecording(
        whole.instance(),
        List.of(),
        whole.kills(),
        whole.instanceEvents(),
        whole.guardEvents(),
        whole.decisions());
  }

  private static List<Sample> samplesOf(StreamedRecording recording, int chunkSamples) {
    SampleFeed feed = recording.openSamples();
    SampleChunk chunk = new SampleChunk(chunkSamples);
    List<Sample> samples = new ArrayList<>();
    while (feed.next(chunk)) {
      for (int i = 0; i < chunk.size; i++) {
        samples.add(feed.sample(i));
      }
    }
    return samples;
  }

  @ParameterizedTest(name = "seed {0}")
  @ValueSource(longs = {1, 2, 3, 4, 5, 6})
  void whatIsLoaded_hasItsContentHash_andIsReadBackWhole(long seed) throws IOException {
    RecordingCache cache = cache(RecordingCache.DEFAULT_BYTES);
    Random random = new Random(seed);
    for (InstanceRecording recording : RandomRecording.odd(seed)) {
      try (InstanceLoader loader = cache.load(recording.instance())) {
        loader.load(recording.samples());
        RecordingCache.Loaded loaded = cache.finish(loader, withoutSamples(recording));

        assertThat(loaded.contentHash()).isEqualTo(ContentHash.ofInstance(recording));
        assertThat(samplesOf(loaded.recording(), random.nextInt(1, 40)))
            .isEqualTo(recording.samples());
        assertThat(loaded.recording().header()).isEqualTo(StreamedRecording.of(recording).header());
      }
    }
  }

  @Test
  void blocks_areFoundAgainBehindTheFirst() throws IOException {
    InstanceRecording recording = RandomRecording.lab(3, 1, 5_000, 3, 250_000).getFirst();
    RecordingCache cache = cache(RecordingCache.DEFAULT_BYTES);
    try (InstanceLoader loader = cache.load(recording.instance())) {
      loader.load(recording.samples());
      StreamedRecording loaded = cache.finish(loader, withoutSamples(recording)).recording();

      assertThat(samplesOf(loaded, 1_000)).isEqualTo(recording.samples());
    }
  }

  @Test
  void result_isTheSameToTheByte_fromMemoryFolderAndCache() throws IOException {
    List<InstanceRecording> recordings = RandomRecording.lab(9, 4, 700, 6, 250_000);
    RecordingDirectory directory = written(recordings);
    RecordingCache cache = cache(RecordingCache.DEFAULT_BYTES);
    String fromMemory =
        json(recordings.stream().<InstanceSource>map(each -> () -> StreamedRecording.of(each)));

    assertThat(json(directory, cache)).isEqualTo(fromMemory);
    assertThat(blockFiles()).hasSize(4);
    assertThat(json(directory, cache)).isEqualTo(fromMemory);
    assertThat(notices).isEmpty();
  }

  @Test
  void aDamagedOrOldFile_isMadeAnew_andSaidSo() throws IOException {
    List<InstanceRecording> recordings = RandomRecording.lab(9, 3, 300, 4, 250_000);
    RecordingDirectory directory = written(recordings);
    RecordingCache cache = cache(RecordingCache.DEFAULT_BYTES);
    String expected = json(directory, cache);
    List<Path> files = blockFiles();
    flip(files.get(0), Files.size(files.get(0)) / 2);
    flip(files.get(1), Long.BYTES); // the version
    Files.write(files.get(2), new byte[] {1, 2, 3});

    assertThat(json(directory, cache)).isEqualTo(expected);
    assertThat(notices).hasSize(3).allMatch(notice -> notice.endsWith("it is made anew"));
    assertThat(String.join("\n", notices))
        .contains("has another checksum", "has version", "is cut short");
    notices.clear();
    assertThat(json(directory, cache)).isEqualTo(expected);
    assertThat(notices).isEmpty();
  }

  @Test
  void theLongestUnused_makesRoom_andClearLeavesNothing() throws IOException {
    List<InstanceRecording> recordings = RandomRecording.lab(9, 4, 300, 4, 250_000);
    RecordingDirectory directory = written(recordings);

    String expected = json(directory, cache(RecordingCache.DEFAULT_BYTES));
    long bytes = cache(RecordingCache.DEFAULT_BYTES).clear();
    assertThat(bytes).isPositive();
    assertThat(folder.resolve("cache")).isEmptyDirectory();

    assertThat(json(directory, cache(bytes / 2))).isEqualTo(expected);
    assertThat(blockFiles()).hasSizeBetween(1, 3);
    cache(bytes).remember("somewhere", "0123");
    assertThat(cache(bytes).findContentHash("somewhere")).contains("0123");
    assertThat(cache(bytes).findContentHash("elsewhere")).isEmpty();
    cache(bytes).clear();
    assertThat(folder.resolve("cache")).isEmptyDirectory();
  }

  private static void flip(Path file, long position) throws IOException {
    try (RandomAccessFile bytes = new RandomAccessFile(file.toFile(), "rw")) {
      bytes.seek(position);
      int value = bytes.read();
      bytes.seek(position);
      bytes.write(value ^ 0x40);
    }
  }

  private List<Path> blockFiles() throws IOException {
    try (Stream<Path> files = Files.list(folder.resolve("cache"))) {
      return files.filter(file -> file.toString().endsWith(".blocks")).sorted().toList();
    }
  }

  private static String json(RecordingDirectory directory, RecordingCache cache) {
    try (CachedInstances instances = directory.instances(cache)) {
      List<InstanceSource> sources = new ArrayList<>();
      while (instances.hasNext()) {
        Supplier<StreamedRecording> next = instances.next();
        sources.add(next::get);
      }
      return json(sources.stream());
    }
  }

  private static String json(Stream<InstanceSource> instances) {
    List<Candidate> candidates =
        FormulaLibrary.list().stream()
            .map(formula -> Candidate.parse(Policy.of(formula.name(), formula.text())))
            .toList();
    return JsonReport.render(
        Backtest.run(
            new RecordingSource("lab", null, null, () -> "hash", instances.toList()),
            candidates,
            BacktestConfig.DEFAULT,
            new EngineOptions(2, false),
            ProgressListener.NONE));
  }
}
