package dev.headroom.collector.ffm;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * Reads a pinned BPF ring buffer without taking records away: {@link #next()} looks ahead, {@link
 * #consumeTo(long)} gives the space back. What was looked at but not consumed is there again for
 * the next reader, so a reader that dies loses nothing. The kernel's layout: a page with the
 * consumer's position, a page with the producer's, then the data, mapped twice in a row so that no
 * record is split.
 */
public final class BpfRing implements AutoCloseable {

  /**
   * A record.
   *
   * @param bytes its payload, valid until it is consumed
   * @param end the position after it, for {@link #consumeTo(long)}
   */
  public record Entry(MemorySegment bytes, long end) {}

  private static final VarHandle POSITION = ValueLayout.JAVA_LONG.varHandle();
  private static final VarHandle LENGTH = ValueLayout.JAVA_INT.varHandle();
  private static final int BUSY = 1 << 31;
  private static final int DISCARDED = 1 << 30;
  private static final int HEADER_BYTES = 8;

  private final BpfMap map;
  private final MemorySegment consumer;
  private final MemorySegment producer;
  private final MemorySegment data;
  private final long ringBytes;
  private long position;

  private BpfRing(
      BpfMap map, MemorySegment consumer, MemorySegment producer, long pageBytes, long ringBytes) {
    this.map = map;
    this.consumer = consumer;
    this.producer = producer;
    this.data = producer.asSlice(pageBytes);
    this.ringBytes = ringBytes;
    this.position = consumed();
  }

  /**
   * The ring pinned at {@code path}.
   *
   * @param ringBytes its size
   * @throws IOException when it is not there or cannot be mapped
   */
  public static BpfRing open(Path path, long ringBytes) throws IOException {
    BpfMap map = BpfMap.open(path);
    try {
      long page = LibC.pageBytes();
      MemorySegment consumer =
          LibC.map(map.fd(), 0, page, true, "the consumer position of " + path);
      try {
        MemorySegment producer =
            LibC.map(map.fd(), page, page + 2 * ringBytes, false, "the records of " + path);
        return new BpfRing(map, consumer, producer, page, ringBytes);
      } catch (IOException e) {
        LibC.unmap(consumer);
        throw e;
      }
    } catch (IOException e) {
      map.close();
      throw e;
    }
  }

  /**
   * The next record that was not looked at yet; empty when there is none, or its writer is not
   * done.
   */
  public Optional<Entry> next() {
    long end = (long) POSITION.getAcquire(producer, 0L);
    while (position < end) {
      long at = position & (ringBytes - 1);
      int length = (int) LENGTH.getAcquire(data, at);
      if ((length & BUSY) != 0) {
        return Optional.empty();
      }
      long bytes = length & ~(BUSY | DISCARDED);
      position += (HEADER_BYTES + bytes + 7) / 8 * 8;
      if ((length & DISCARDED) == 0) {
        return Optional.of(new Entry(data.asSlice(at + HEADER_BYTES, bytes), position));
      }
    }
    return Optional.empty();
  }

  /** Gives back all records before {@code position}, an {@link Entry#end()}. */
  public void consumeTo(long position) {
    if (position < consumed() || position > this.position) {
      throw new IllegalArgumentException(
          "ring position %d is not between %d (consumed) and %d (looked at)"
              .formatted(position, consumed(), this.position));
    }
    POSITION.setRelease(consumer, 0L, position);
  }

  /** Goes back to the first record that was not consumed. */
  public void rewind() {
    position = consumed();
  }

  /** Waits until there is a record; one that was looked at and not consumed counts. */
  public void await(Duration timeout) throws IOException {
    LibC.pollReadable(map.fd(), timeout).orThrow("waiting for BPF records");
  }

  private long consumed() {
    return (long) POSITION.getAcquire(consumer, 0L);
  }

  @Override
  public void close() {
    LibC.unmap(producer);
    LibC.unmap(consumer);
    map.close();
  }
}
