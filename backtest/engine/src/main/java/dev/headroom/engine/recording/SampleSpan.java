package dev.headroom.engine.recording;

import dev.headroom.engine.columnar.BlockFile;
import dev.headroom.engine.columnar.BlockMemoryWriter;
import dev.headroom.engine.kernel.SampleFeed;
import dev.headroom.model.InstanceId;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.List;

/**
 * The samples of one instance over some time, packed in memory: a piece of a {@link
 * SpannedRecording}, which several recordings may share. Immutable.
 */
public final class SampleSpan {

  private final BlockFile blocks;
  private final List<String> texts;
  private final SampleTraits traits;

  private SampleSpan(BlockFile blocks, List<String> texts, SampleTraits traits) {
    this.blocks = blocks;
    this.texts = texts;
    this.traits = traits;
  }

  /** Takes the rows of a span. Not safe for use by several threads. */
  public static final class Loader implements RowLoader {
    private final BlockMemoryWriter writer = new BlockMemoryWriter(SampleRows.TABLES);
    private final SampleRows rows = new SampleRows(writer);
    private final TextNumbers texts = new TextNumbers();

    @Override
    public int text(String text) {
      return texts.of(text);
    }

    @Override
    public void sample(long[] values, long present) {
      rows.sample(values, present);
    }

    @Override
    public boolean process(long[] values, long present) {
      return rows.process(values, present);
    }

    /** How many bytes the rows take so far; those of the last, unfinished blocks not counted. */
    public long packedBytes() {
      return writer.packedBytes();
    }

    /** The span, after its last row. */
    public SampleSpan finish() {
      SampleTraits traits = rows.end();
      return new SampleSpan(writer.finish(), texts.all(), traits);
    }
  }

  public int sampleCount() {
    return traits.micros().length;
  }

  /** About how many bytes of memory it takes. */
  public long byteSize() {
    return blocks.byteSize() + (long) sampleCount() * (Long.BYTES + Byte.BYTES);
  }

  SampleTraits traits() {
    return traits;
  }

  /** The number of the first sample that is not before a moment. */
  int firstFrom(Instant moment) {
    // What is stored is whole microseconds: one that begins before the moment is before it.
    long micros = ChronoUnit.MICROS.between(Instant.EPOCH, moment);
    boolean whole = Instant.EPOCH.plus(micros, ChronoUnit.MICROS).equals(moment);
    int found = Arrays.binarySearch(traits.micros(), whole ? micros : micros + 1);
    return found >= 0 ? found : -found - 1;
  }

  SampleFeed open(InstanceId instance, BlockFeed.Buffers buffers, int from, int to) {
    return new BlockFeed(blocks, texts, instance, buffers, from, to);
  }
}
