package dev.headroom.engine.kernel;

import dev.headroom.model.Fact;
import dev.headroom.model.Fidelity;
import dev.headroom.model.Sample;
import java.time.Instant;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * A recording up to a moment. Nothing from that moment on is in it: neither samples nor events, and
 * nothing in its header was learned from them.
 */
final class EarlierPart implements StreamedRecording {

  private final StreamedRecording whole;
  private final long endNs;
  private final RecordingHeader header;

  /**
   * The part of a recording; its samples are read once for the header.
   *
   * @param endsAt the first moment that is not in it
   */
  EarlierPart(StreamedRecording whole, Instant endsAt) {
    this.whole = whole;
    this.endNs = Moments.epochNs(endsAt);
    this.header = header(endsAt);
  }

  @Override
  public RecordingHeader header() {
    return header;
  }

  @Override
  public SampleFeed openSamples() {
    return new Feed(whole.openSamples());
  }

  private RecordingHeader header(Instant endsAt) {
    RecordingHeader all = whole.header();
    long[] timeNs = new long[all.sampleCount()];
    int samples = 0;
    Map<Fidelity, Integer> fidelities = new EnumMap<>(Fidelity.class);
    boolean hasLiveLimit = false;
    SampleFeed feed = openSamples();
    SampleChunk chunk = new SampleChunk(ReplayPass.CHUNK_SAMPLES);
    while (feed.next(chunk)) {
      System.arraycopy(chunk.timeNs, 0, timeNs, samples, chunk.size);
      samples += chunk.size;
      double[] liveLimit = chunk.fact(Fact.GUARD_LIMIT);
      for (int i = 0; i < chunk.size; i++) {
        hasLiveLimit |= !Double.isNaN(liveLimit[i]);
        if (chunk.firstRow[i] < chunk.firstRow[i + 1]) {
          fidelities.merge(fidelity(chunk, i), 1, Integer::sum);
        }
      }
    }
    List<RecordingHeader.AppliedLimit> applied =
        all.appliedLimits().stream().filter(each -> each.atNs() < endNs).toList();
    long lastNs = samples == 0 ? Long.MIN_VALUE : timeNs[samples - 1];
    return new RecordingHeader(
        all.instance(),
        FidelityCheck.ofCounts(fidelities),
        samples,
        MedianStep.doubledNs(Arrays.copyOf(timeNs, samples)),
        hasLiveLimit || (!applied.isEmpty() && applied.getFirst().atNs() <= lastNs),
        before(all.kills(), kill -> kill.killedAt(), endsAt),
        before(all.instanceEvents(), event -> event.occurredAt(), endsAt),
        before(all.guardEvents(), event -> event.occurredAt(), endsAt),
        applied);
  }

  /** One process that was read is enough: others may have died while they were. */
  private static Fidelity fidelity(SampleChunk chunk, int sample) {
    Fidelity best = Fidelity.CGROUP;
    for (int row = chunk.firstRow[sample]; row < chunk.firstRow[sample + 1]; row++) {
      if (chunk.guardAllocated[row] != SampleChunk.ABSENT) {
        return Fidelity.GUARD;
      }
      if (chunk.residentAnon[row] != SampleChunk.ABSENT) {
        best = Fidelity.RESIDENT;
      }
    }
    return best;
  }

  private static <T> List<T> before(List<T> all, Function<T, Instant> timeOf, Instant endsAt) {
    return all.stream().filter(each -> timeOf.apply(each).isBefore(endsAt)).toList();
  }

  private final class Feed implements SampleFeed {
    private final SampleFeed all;
    private boolean ended;

    Feed(SampleFeed all) {
      this.all = all;
    }

    @Override
    public boolean next(SampleChunk chunk) {
      if (ended) {
        chunk.size = 0;
        chunk.firstRow[0] = 0;
        return false;
      }
      ended = !all.next(chunk);
      while (chunk.size > 0 && chunk.timeNs[chunk.size - 1] >= endNs) {
        chunk.size--;
        ended = true;
      }
      return chunk.size > 0;
    }

    @Override
    public void readFact(Fact fact, double[] values) {
      all.readFact(fact, values);
    }

    @Override
    public Sample sample(int index) {
      return all.sample(index);
    }

    @Override
    public SampledStatement statement(int index, int number) {
      return all.statement(index, number);
    }
  }
}
