package dev.headroom.engine.recording;

import dev.headroom.engine.kernel.MedianStep;
import dev.headroom.engine.kernel.RecordingHeader;
import dev.headroom.engine.kernel.SampleChunk;
import dev.headroom.engine.kernel.SampleFeed;
import dev.headroom.engine.kernel.SampledStatement;
import dev.headroom.engine.kernel.StreamedRecording;
import dev.headroom.model.Fact;
import dev.headroom.model.Fidelity;
import dev.headroom.model.InstanceRecording;
import dev.headroom.model.Sample;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * An instance over any range, its samples in {@link SampleSpan}s that follow each other. The range
 * may begin and end inside a span. Immutable; any number of replays may read it at once.
 */
public final class SpannedRecording implements StreamedRecording {

  private record Part(SampleSpan span, int from, int to) {}

  private final List<Part> parts = new ArrayList<>();
  private final RecordingHeader header;

  /**
   * What is recorded of an instance from one moment to before another.
   *
   * @param events the recording without its samples
   * @param spans in the order of time; together they have all samples of the range
   */
  public SpannedRecording(
      InstanceRecording events, List<SampleSpan> spans, Instant from, Instant to) {
    int samples = 0;
    for (SampleSpan span : spans) {
      Part part = new Part(span, span.firstFrom(from), span.firstFrom(to));
      if (part.from() < part.to()) {
        parts.add(part);
        samples += part.to() - part.from();
      }
    }
    header = header(events, samples);
  }

  private RecordingHeader header(InstanceRecording events, int samples) {
    long[] timeNs = new long[samples];
    Map<Fidelity, Integer> fidelities = new EnumMap<>(Fidelity.class);
    boolean hasGuardLimit = false;
    int next = 0;
    for (Part part : parts) {
      SampleTraits traits = part.span().traits();
      traits.writeTimes(part.from(), part.to(), timeNs, next);
      next += part.to() - part.from();
      traits
          .fidelities(part.from(), part.to())
          .forEach((fidelity, count) -> fidelities.merge(fidelity, count, Integer::sum));
      hasGuardLimit |= traits.hasGuardLimit(part.from(), part.to());
    }
    BlockNotes notes =
        new BlockNotes(
            "",
            samples,
            MedianStep.doubledNs(timeNs),
            fidelities,
            hasGuardLimit,
            samples == 0 ? null : (Long) timeNs[samples - 1],
            RecordingHeader.appliedLimits(events.decisions()),
            List.of());
    return notes.header(events);
  }

  @Override
  public RecordingHeader header() {
    return header;
  }

  @Override
  public SampleFeed openSamples() {
    return new Feed();
  }

  /** One span after the other; a chunk never has samples of two. */
  private final class Feed implements SampleFeed {
    private final BlockFeed.Buffers buffers = new BlockFeed.Buffers();
    private int nextPart;
    private @Nullable SampleFeed span;

    @Override
    public boolean next(SampleChunk chunk) {
      while (span == null || !span.next(chunk)) {
        if (nextPart == parts.size()) {
          chunk.refill(this);
          chunk.firstRow[0] = 0;
          return false;
        }
        Part part = parts.get(nextPart++);
        span = part.span().open(header.instance().id(), buffers, part.from(), part.to());
      }
      return true;
    }

    @Override
    public void readFact(Fact fact, double[] values) {
      if (span != null) {
        span.readFact(fact, values);
      }
    }

    @Override
    public Sample sample(int index) {
      return Objects.requireNonNull(span, "no chunk was read").sample(index);
    }

    @Override
    public SampledStatement statement(int index, int number) {
      return Objects.requireNonNull(span, "no chunk was read").statement(index, number);
    }
  }
}
