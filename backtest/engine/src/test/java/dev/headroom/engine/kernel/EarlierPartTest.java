package dev.headroom.engine.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import dev.headroom.engine.search.Slice;
import dev.headroom.model.InstanceRecording;
import dev.headroom.model.Sample;
import java.time.Instant;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class EarlierPartTest {

  private static final int RECORDINGS = 300;
  private static final long SEED = 20_261_120;

  /** A recording that is cut as a stream is what it would be had its objects been left out. */
  @Test
  void part_isTheRecordingWithoutWhatCameLater() {
    int shorter = 0;
    for (int i = 0; i < RECORDINGS; i++) {
      Random random = new Random(SEED + i);
      InstanceRecording whole = RandomRecording.of(random);
      List<Sample> samples = whole.samples();
      if (samples.isEmpty()) {
        continue;
      }
      Instant start = samples.getFirst().sampledAt().minusSeconds(1);
      // At a sample, just behind one, before the first and behind the last.
      Instant end =
          samples
              .get(random.nextInt(samples.size()))
              .sampledAt()
              .plusMillis(random.nextInt(-2, 3) * 250L);
      Slice slice =
          new Slice(
              "part",
              Set.of(whole.instance().id()),
              start.isBefore(end) ? start : end.minusSeconds(1),
              end);
      StreamedRecording expected = StreamedRecording.of(slice.cut(whole).orElseThrow());
      StreamedRecording part = slice.cut(StreamedRecording.of(whole)).orElseThrow();
      List<ReplayPolicy> policies =
          List.of(
              ReplayPolicy.hindsight(),
              ReplayPolicy.current(),
              ReplayPolicy.random(i),
              ReplayPolicy.never());

      assertThat(part.header()).as("seed %d", SEED + i).isEqualTo(expected.header());
      assertThat(outcomes(part, policies, 1 + random.nextInt(9)))
          .as("seed %d", SEED + i)
          .isEqualTo(outcomes(expected, policies, 512));
      shorter += part.header().sampleCount() < samples.size() ? 1 : 0;
    }
    assertThat(shorter).isGreaterThan(RECORDINGS / 2);
  }

  private static List<ReplayOutcome> outcomes(
      StreamedRecording recording, List<ReplayPolicy> policies, int chunkSamples) {
    return Replay.run(ReplayInput.of(recording, null), policies, chunkSamples, false).outcomes();
  }
}
