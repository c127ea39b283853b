package dev.headroom.collector.spool;

/**
 * A place between two records of a log.
 *
 * @param segment number of the segment, ascending
 * @param offset bytes from the segment's start
 */
public record LogPosition(long segment, int offset) implements Comparable<LogPosition> {

  @Override
  public int compareTo(LogPosition other) {
    int bySegment = Long.compare(segment, other.segment);
    return bySegment != 0 ? bySegment : Integer.compare(offset, other.offset);
  }
}
