package dev.headroom.collector.spool;

import java.io.Closeable;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;

/**
 * A bounded durable log of byte records in one folder, read from a cursor that is durable too.
 *
 * <p>A log with spare segments keeps that many files allocated beyond the one it writes to, so that
 * it goes on when the disk is full; without any it stops at the end of a segment. Safe for several
 * writing threads and one reading thread.
 */
public final class SegmentLog implements Closeable {

  private static final String SEGMENT_SUFFIX = ".segment";
  private static final String SPARE_SUFFIX = ".spare";

  /**
   * How large a log may grow.
   *
   * @param segmentBytes of each file
   * @param maxSegments at most so many files with records
   * @param spareSegments so many files kept allocated for when the disk is full
   */
  public record Bounds(int segmentBytes, int maxSegments, int spareSegments) {}

  /** Records read together; the cursor may move to {@code end} once they are stored. */
  public record Batch(List<byte[]> records, LogPosition end) {}

  private final Path folder;
  private final Bounds bounds;
  private final NavigableMap<Long, Segment> segments = new TreeMap<>();
  private final LogCursor cursorFile;
  private long tornBytes;
  private LogPosition end;
  private LogPosition cursor;
  private boolean dirty;

  private SegmentLog(Path folder, Bounds bounds, LogCursor cursorFile) {
    this.folder = folder;
    this.bounds = bounds;
    this.cursorFile = cursorFile;
    this.end = new LogPosition(0, 0);
    this.cursor = end;
  }

  /**
   * Opens the log in {@code folder}, which is made when it is not there. A record that was not
   * wholly written is cut off.
   */
  public static SegmentLog open(Path folder, Bounds bounds) throws IOException {
    Files.createDirectories(folder);
    SegmentLog log = new SegmentLog(folder, bounds, LogCursor.open(folder.resolve("cursor")));
    try {
      log.recover();
    } catch (IOException failed) {
      log.close();
      throw failed;
    }
    return log;
  }

  private void recover() throws IOException {
    for (Path file : listFiles(SEGMENT_SUFFIX)) {
      long number = number(file);
      segments.put(number, Segment.open(file, number));
    }
    Optional<LogPosition> stored = cursorFile.read();
    if (segments.isEmpty()) {
      addSegment(stored.map(LogPosition::segment).orElse(0L) + 1);
    } else {
      end = recoverEnd(segments.lastEntry().getValue());
    }
    cursor = stored.orElse(new LogPosition(segments.firstKey(), 0));
    if (cursor.segment() < segments.firstKey() || cursor.compareTo(end) > 0) {
      cursor = new LogPosition(segments.firstKey(), 0);
    }
    release();
    addSpares();
  }

  private LogPosition recoverEnd(Segment last) throws IOException {
    int offset = 0;
    Segment.Entry entry = last.read(offset);
    while (entry instanceof Segment.Entry.Whole whole) {
      offset = whole.end();
      entry = last.read(offset);
    }
    if (entry instanceof Segment.Entry.Torn) {
      tornBytes = (long) last.sizeBytes() - offset;
      last.endAt(offset);
    }
    return new LogPosition(last.number(), offset);
  }

  /** Bytes at the end that were no whole record when the log was opened; 0 when it was sound. */
  public synchronized long tornBytes() {
    return tornBytes;
  }

  /**
   * Adds a record, which is durable after the next {@link #sync}.
   *
   * @throws LogFullException when there is no room; nothing was written
   * @throws IOException when the disk fails; the record may come out of the log all the same
   */
  public synchronized void append(byte[] bytes) throws IOException {
    Segment last = segments.lastEntry().getValue();
    if (!last.fits(end.offset(), bytes.length)) {
      if (bytes.length > bounds.segmentBytes() - Segment.HEADER_BYTES) {
        throw new LogFullException(
            "a record of %d bytes is larger than a segment of %d bytes"
                .formatted(bytes.length, bounds.segmentBytes()),
            null);
      }
      if (dirty) {
        last.sync();
      }
      addSegment(last.number() + 1);
      last = segments.lastEntry().getValue();
      addSpares();
    }
    int next = last.write(end.offset(), bytes);
    end = new LogPosition(last.number(), next);
    dirty = true;
  }

  /** Makes every record added so far durable. */
  public synchronized void sync() throws IOException {
    if (dirty) {
      segments.lastEntry().getValue().sync();
      dirty = false;
    }
  }

  /**
   * The records after the cursor, at most so many and about so many bytes; none when all are read.
   */
  public synchronized Batch read(int maxRecords, long maxBytes) throws IOException {
    List<byte[]> records = new ArrayList<>();
    LogPosition at = cursor;
    long bytes = 0;
    while (at.compareTo(end) < 0 && records.size() < maxRecords && bytes < maxBytes) {
      Segment segment = segments.get(at.segment());
      Segment.Entry entry = segment == null ? new Segment.Entry.End() : segment.read(at.offset());
      if (entry instanceof Segment.Entry.Whole whole) {
        records.add(whole.bytes());
        bytes += whole.bytes().length;
        at = new LogPosition(at.segment(), whole.end());
      } else {
        if (entry instanceof Segment.Entry.Torn) {
          // A damaged record hides those behind it in its segment.
          tornBytes += (long) bounds.segmentBytes() - at.offset();
        }
        Long next = segments.higherKey(at.segment());
        at = next == null ? end : new LogPosition(next, 0);
      }
    }
    return new Batch(records, at);
  }

  /** Moves the cursor, durably, and gives back the disk space of what lies before it. */
  public synchronized void advance(LogPosition position) throws IOException {
    if (!position.equals(cursor)) {
      cursorFile.write(position);
      cursor = position;
      release();
    }
  }

  /** Whether every record has been read and the cursor moved behind it. */
  public synchronized boolean isDrained() {
    return cursor.compareTo(end) >= 0;
  }

  /** The part of the bound that is in use, 0 to 1. */
  synchronized double usedShare() {
    double full = segments.size() - 1 + end.offset() / (double) bounds.segmentBytes();
    return full / bounds.maxSegments();
  }

  /** Bytes from the cursor to the end, about. */
  synchronized long backlogBytes() {
    return (end.segment() - cursor.segment()) * (long) bounds.segmentBytes()
        + end.offset()
        - cursor.offset();
  }

  private void addSegment(long number) throws IOException {
    if (segments.size() >= bounds.maxSegments()) {
      throw new LogFullException(
          "%s has reached its bound of %d segments of %d bytes"
              .formatted(folder, bounds.maxSegments(), bounds.segmentBytes()),
          null);
    }
    Path file = folder.resolve("%019d%s".formatted(number, SEGMENT_SUFFIX));
    List<Path> spares = listFiles(SPARE_SUFFIX);
    try {
      if (spares.isEmpty()) {
        Path whole = folder.resolve("new" + SPARE_SUFFIX);
        Segment.allocate(whole, bounds.segmentBytes());
        spares = List.of(whole);
      }
      Files.move(spares.getFirst(), file, StandardCopyOption.ATOMIC_MOVE);
      syncFolder();
    } catch (IOException full) {
      throw new LogFullException(
          "no room for another %d bytes in %s; free disk space or let the database catch up"
              .formatted(bounds.segmentBytes(), folder),
          full);
    }
    segments.put(number, Segment.open(file, number));
    end = new LogPosition(number, 0);
  }

  /** A disk without room for the spares is not yet an error: the log itself still has room. */
  private void addSpares() throws IOException {
    int count = listFiles(SPARE_SUFFIX).size();
    for (int i = 0; count < bounds.spareSegments() && i < bounds.spareSegments(); i++) {
      Path file = folder.resolve(i + SPARE_SUFFIX);
      if (!Files.exists(file)) {
        try {
          Segment.allocate(file, bounds.segmentBytes());
          count++;
        } catch (IOException full) {
          return;
        }
      }
    }
  }

  /** The number of spare segments at hand. */
  synchronized int spareCount() throws IOException {
    return listFiles(SPARE_SUFFIX).size();
  }

  private void release() throws IOException {
    while (segments.firstKey() < cursor.segment() && segments.size() > 1) {
      Segment first = segments.pollFirstEntry().getValue();
      first.close();
      Files.delete(first.file());
      addSpares();
    }
  }

  private void syncFolder() throws IOException {
    try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }

  private List<Path> listFiles(String suffix) throws IOException {
    List<Path> files = new ArrayList<>();
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder, "*" + suffix)) {
      entries.forEach(files::add);
    }
    return files.stream().sorted().toList();
  }

  private static long number(Path file) throws IOException {
    String name = String.valueOf(file.getFileName());
    try {
      return Long.parseLong(name.substring(0, name.length() - SEGMENT_SUFFIX.length()));
    } catch (NumberFormatException foreign) {
      throw new IOException(file + " is no segment of this log; move it away", foreign);
    }
  }

  @Override
  public synchronized void close() throws IOException {
    cursorFile.close();
    for (Segment segment : segments.values()) {
      segment.close();
    }
    segments.clear();
  }
}
