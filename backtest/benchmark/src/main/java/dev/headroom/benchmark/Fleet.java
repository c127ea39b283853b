package dev.headroom.benchmark;

import dev.headroom.engine.backtest.RecordingSource;
import dev.headroom.engine.backtest.RecordingSource.InstanceSource;
import dev.headroom.engine.fleet.FleetGenerator;
import dev.headroom.engine.fleet.FleetSpec;
import dev.headroom.engine.kernel.StreamedRecording;
import dev.headroom.engine.recording.RecordingCache;
import dev.headroom.engine.recording.RecordingDirectory;
import dev.headroom.engine.recording.WriteOptions;
import dev.headroom.engine.search.Slice;
import dev.headroom.model.InstanceRecording;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A made-up fleet, as the contestants read it. */
final class Fleet {

  private final FleetGenerator generator;
  private final List<StreamedRecording> instances;

  /** Makes it up into column blocks in this folder. */
  Fleet(FleetSpec spec, Path cacheFolder) throws IOException {
    generator = new FleetGenerator(spec);
    RecordingCache cache = new RecordingCache(cacheFolder, Long.MAX_VALUE, notice -> {});
    instances =
        generator.instances().parallelStream()
            .map(instance -> generator.load(instance, cache).recording())
            .toList();
  }

  List<StreamedRecording> instances() {
    return instances;
  }

  long samples() {
    return instances.stream().mapToLong(each -> each.header().sampleCount()).sum();
  }

  long kills() {
    return instances.stream().mapToLong(each -> each.header().kills().size()).sum();
  }

  /** All of it, as a search scores it. */
  Slice whole() {
    return Slice.whole(generator.recording());
  }

  RecordingSource source() {
    List<InstanceSource> sources = new ArrayList<>();
    instances.forEach(each -> sources.add(() -> each));
    return new RecordingSource("fleet", null, null, () -> "made up", sources);
  }

  /** Writes it as a folder of Parquet; one instance at a time is in memory. */
  void writeParquet(Path folder) throws IOException {
    RecordingDirectory.write(
        folder,
        generator.recording(),
        instances.stream().map(FleetGenerator::inMemory).iterator(),
        WriteOptions.of("benchmark"));
  }

  List<InstanceRecording> inMemory() {
    return instances.stream().map(FleetGenerator::inMemory).toList();
  }
}
