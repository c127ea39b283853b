package dev.headroom.engine.kernel;

import dev.headroom.model.Fact;
import dev.headroom.model.MemoryLimit;
import dev.headroom.model.ProcessSample;
import dev.headroom.model.Sample;
import java.util.List;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** Hands out samples that are in memory. */
final class ListFeed implements SampleFeed {

  private final List<Sample> samples;
  private int first;
  private int next;

  ListFeed(List<Sample> samples) {
    this.samples = samples;
  }

  @Override
  public boolean next(SampleChunk chunk) {
    chunk.refill(this);
    first = next;
    int row = 0;
    while (next < samples.size() && chunk.size < chunk.capacity()) {
      Sample sample = samples.get(next++);
      int index = chunk.size++;
      chunk.timeNs[index] = Moments.epochNs(sample.sampledAt());
      chunk.memoryMax[index] = memoryMax(sample.memoryMax());
      chunk.firstRow[index] = row;
      chunk.reserveRows(row + sample.processes().size());
      for (ProcessSample process : sample.processes()) {
        chunk.setRow(row++, process);
      }
    }
    chunk.firstRow[chunk.size] = row;
    return chunk.size > 0;
  }

  @Override
  public void readFact(Fact fact, double[] values) {
    for (int i = first; i < next; i++) {
      OptionalLong value = samples.get(i).facts().find(fact);
      values[i - first] = value.isPresent() ? value.getAsLong() : Double.NaN;
    }
  }

  @Override
  public Sample sample(int index) {
    return samples.get(first + index);
  }

  @Override
  public SampledStatement statement(int index, int number) {
    return SampledStatement.of(sample(index).processes().get(number));
  }

  private static double memoryMax(@Nullable MemoryLimit limit) {
    return switch (limit) {
      case null -> Double.NaN;
      case MemoryLimit.Unlimited() -> Double.POSITIVE_INFINITY;
      case MemoryLimit.Bytes(long bytes) -> bytes;
    };
  }
}
