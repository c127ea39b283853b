package dev.headroom.load;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.PropertyNamingStrategies;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/**
 * What was measured of a dashboard under load.
 *
 * @param processors that database, web process and users share
 * @param plan of the fleet
 * @param rows in each table
 * @param thinkMs between a user's pages, on average
 * @param everything one caller after the other, each operation some times
 * @param load all users at once
 * @param heapBytes after a full collection: before the load, in its middle, after it
 * @param residentBytes of the process at the same moments
 * @param live while nobody else is there
 * @param liveUnderLoad with all users there
 * @param firstPage absent where there is no Chromium
 * @param problems why this run fails; empty when it does not
 */
record LoadReport(
    int processors,
    long machineMemoryBytes,
    String plan,
    Map<String, Long> rows,
    int users,
    int seconds,
    int thinkMs,
    double requestsPerSecond,
    List<Measurements.Row> everything,
    List<Measurements.Row> load,
    List<Long> heapBytes,
    List<Long> residentBytes,
    LiveProbe.Latency live,
    LiveProbe.Latency liveUnderLoad,
    PageProbe.@Nullable FirstPage firstPage,
    List<String> problems) {

  /** How much more may be left after a full collection than there was before the load. */
  static final long HEAP_GROWTH_BYTES = 32L << 20;

  private static final JsonMapper MAPPER =
      JsonMapper.builder()
          .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
          .enable(SerializationFeature.INDENT_OUTPUT)
          .build();

  String json() {
    return MAPPER.writeValueAsString(this);
  }

  /** For a person. */
  String text() {
    List<String> lines = new ArrayList<>();
    lines.add(
        "%d processors, %.0f GiB, shared by database, dashboard and users; %s"
            .formatted(processors, machineMemoryBytes / (double) (1L << 30), plan));
    lines.add(rows.toString());
    lines.add("");
    lines.add(
        "%d users for %d s, %d ms between pages: %.0f requests a second"
            .formatted(users, seconds, thinkMs, requestsPerSecond));
    table(lines, load);
    lines.add("");
    lines.add("one caller after the other");
    table(lines, everything);
    lines.add("");
    lines.add("heap after a full collection: " + mib(heapBytes));
    lines.add("resident: " + mib(residentBytes));
    lines.add("from a kill's row to the event, nobody else there: " + text(live));
    lines.add("from a kill's row to the event, under this load: " + text(liveUnderLoad));
    lines.add(
        firstPage == null
            ? "first page: not measured, there is no Chromium"
            : "first page: drawn after %.0f ms (median of %d, slowest %.0f ms), %d requests, %.0f KiB, of which %.0f KiB answers of the API"
                .formatted(
                    firstPage.medianMs(),
                    firstPage.loads(),
                    firstPage.maxMs(),
                    firstPage.requests(),
                    firstPage.transferredBytes() / 1024.0,
                    firstPage.answersBytes() / 1024.0));
    lines.add("");
    lines.add(problems.isEmpty() ? "no error, no growth" : "FAILED");
    lines.addAll(problems);
    return String.join(System.lineSeparator(), lines);
  }

  private static String mib(List<Long> bytes) {
    return "before %.0f, in the middle %.0f, after %.0f MiB"
        .formatted(bytes.get(0) / 1048576.0, bytes.get(1) / 1048576.0, bytes.get(2) / 1048576.0);
  }

  private static String text(LiveProbe.Latency latency) {
    return "p50 %.0f ms, p95 %.0f ms, max %.0f ms (%d events at %d listeners, %d lost)"
        .formatted(
            latency.p50Ms(),
            latency.p95Ms(),
            latency.maxMs(),
            latency.events(),
            latency.listeners(),
            latency.lost());
  }

  private static void table(List<String> lines, List<Measurements.Row> rows) {
    lines.add(
        "%-44s %8s %8s %8s %8s %8s %9s  %s"
            .formatted(
                "", "requests", "p50 ms", "p95 ms", "p99 ms", "max ms", "KiB each", "status"));
    for (Measurements.Row row : rows) {
      lines.add(
          "%-44s %8d %8.1f %8.1f %8.1f %8.1f %9.1f  %s"
              .formatted(
                  row.operation(),
                  row.requests(),
                  row.p50Ms(),
                  row.p95Ms(),
                  row.p99Ms(),
                  row.maxMs(),
                  row.requests() == 0 ? 0 : row.bytes() / 1024.0 / row.requests(),
                  row.statuses() + (row.failures() == 0 ? "" : " failed " + row.failures())));
    }
  }
}
