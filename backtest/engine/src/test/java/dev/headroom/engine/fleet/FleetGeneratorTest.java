package dev.headroom.engine.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import dev.headroom.engine.recording.RecordingCache;
import dev.headroom.engine.recording.RecordingCache.Loaded;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class FleetGeneratorTest {

  private static final Duration SECOND = Duration.ofSeconds(1);

  @TempDir Path folder;

  private List<Loaded> load(FleetSpec spec) throws IOException {
    RecordingCache cache = new RecordingCache(folder, RecordingCache.DEFAULT_BYTES, notice -> {});
    FleetGenerator fleet = new FleetGenerator(spec);
    return fleet.instances().stream().map(instance -> fleet.load(instance, cache)).toList();
  }

  private static List<String> hashes(List<Loaded> loaded) {
    return loaded.stream().map(Loaded::contentHash).toList();
  }

  @Test
  void theSameSpec_isTheSameFleet_andAnotherSeedIsAnother() throws IOException {
    FleetSpec spec = new FleetSpec(3, Duration.ofMinutes(10), SECOND, 4, true, 5);

    List<Loaded> fleet = load(spec);

    assertThat(fleet).hasSize(3);
    assertThat(hashes(load(spec))).isEqualTo(hashes(fleet)).doesNotHaveDuplicates();
    assertThat(hashes(load(new FleetSpec(3, Duration.ofMinutes(10), SECOND, 4, true, 6))))
        .doesNotContainAnyElementsOf(hashes(fleet));
  }

  @Test
  void heavyStatements_endInKills_andPostgresComesBack() throws IOException {
    Duration length = Duration.ofHours(12);

    Loaded heavy = load(new FleetSpec(1, length, SECOND, 8, true, 1)).getFirst();
    Loaded calm = load(new FleetSpec(1, length, SECOND, 8, false, 1)).getFirst();

    int kills = heavy.recording().header().kills().size();
    assertThat(kills).isPositive();
    assertThat(heavy.recording().header().instanceEvents()).hasSizeBetween(kills - 1, kills);
    assertThat(heavy.recording().header().sampleCount()).isLessThan(12 * 3600);
    assertThat(calm.recording().header().sampleCount()).isEqualTo(12 * 3600);
  }
}
