package dev.headroom.load;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Every request's time, by operation. Safe for use by several threads. */
final class Measurements {

  /**
   * What was measured of one operation.
   *
   * @param statuses how many answers of each HTTP status
   * @param failures requests that got no answer
   * @param bytes of all bodies together
   */
  record Row(
      String operation,
      int requests,
      double p50Ms,
      double p95Ms,
      double p99Ms,
      double maxMs,
      long bytes,
      Map<Integer, Integer> statuses,
      int failures) {}

  private static final class Series {
    private long[] nanos = new long[1_024];
    private int size;
    private long bytes;
    private int failures;
    private final Map<Integer, Integer> statuses = new TreeMap<>();
  }

  private final Map<String, Series> byOperation = new TreeMap<>();
  private final List<String> problems = new ArrayList<>();

  synchronized void answered(
      Operation operation, long nanos, int status, int bytes, @Nullable String problem) {
    Series series = byOperation.computeIfAbsent(operation.name(), name -> new Series());
    if (series.size == series.nanos.length) {
      series.nanos = Arrays.copyOf(series.nanos, 2 * series.size);
    }
    series.nanos[series.size++] = nanos;
    series.bytes += bytes;
    series.statuses.merge(status, 1, Integer::sum);
    note(problem);
  }

  synchronized void failed(Operation operation, String problem) {
    byOperation.computeIfAbsent(operation.name(), name -> new Series()).failures++;
    note(problem);
  }

  private void note(@Nullable String problem) {
    if (problem != null && problems.size() < 20) {
      problems.add(problem);
    }
  }

  /** The first requests that were not answered as they should be, with what was said. */
  synchronized List<String> problems() {
    return List.copyOf(problems);
  }

  /** By name of the operation. */
  synchronized List<Row> rows() {
    List<Row> rows = new ArrayList<>();
    byOperation.forEach((name, series) -> {
      long[] sorted = Arrays.copyOf(series.nanos, series.size);
      Arrays.sort(sorted);
      rows.add(
          new Row(
              name,
              series.size,
              quantileMs(sorted, 0.5),
              quantileMs(sorted, 0.95),
              quantileMs(sorted, 0.99),
              quantileMs(sorted, 1),
              series.bytes,
              Map.copyOf(series.statuses),
              series.failures));
    });
    return rows;
  }

  /** The smallest value that at least this share is not above, in milliseconds; 0 of nothing. */
  static double quantileMs(long[] sortedNanos, double share) {
    if (sortedNanos.length == 0) {
      return 0;
    }
    int rank = (int) Math.ceil(share * sortedNanos.length);
    return Math.round(sortedNanos[Math.max(rank, 1) - 1] / 1e4) / 100.0;
  }
}
