package dev.headroom.store;

import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/** Lists backtests without reading the whole of any. Safe for use by several threads. */
public final class RunSummaryStore {

  private static final JsonMapper MAPPER = JsonMapper.builder().build();

  private static final String TIME_LIMIT = "SET LOCAL statement_timeout = '10s'";

  private static final String LATEST =
      """
      SELECT run_id, kind, started_at, recording_name, recording_hash,
        (summary ->> 'kills')::integer AS kills, (summary ->> 'policies') AS policies
      FROM headroom.backtest_run ORDER BY started_at DESC, run_id LIMIT ?
      """;

  private final DataSource dataSource;

  public RunSummaryStore(DataSource dataSource) {
    this.dataSource = dataSource;
  }

  /** A policy that was judged; the outcome is absent when the run's kind has none. */
  public record PolicyOutcome(String name, @Nullable String outcome) {}

  /**
   * A run in short.
   *
   * @param kills how many were replayed; absent when the run's kind does not say
   */
  public record RunSummary(
      UUID runId,
      String kind,
      Instant startedAt,
      @Nullable String recordingName,
      String recordingHash,
      @Nullable Integer kills,
      List<PolicyOutcome> policies) {}

  /** The latest runs, newest first. */
  public List<RunSummary> list(int atMost) {
    return Transaction.read(
        dataSource,
        "listing runs",
        connection -> {
          var sql = Transaction.sql(connection);
          sql.execute(TIME_LIMIT);
          return sql.fetch(LATEST, atMost)
              .map(row ->
                  new RunSummary(
                      row.get("run_id", UUID.class),
                      row.get("kind", String.class),
                      row.get("started_at", OffsetDateTime.class).toInstant(),
                      row.get("recording_name", String.class),
                      row.get("recording_hash", String.class),
                      row.get("kills", Integer.class),
                      outcomes(row.get("policies", String.class))));
        });
  }

  private static List<PolicyOutcome> outcomes(@Nullable String json) {
    List<PolicyOutcome> outcomes = new ArrayList<>();
    if (json != null) {
      MAPPER
          .readTree(json)
          .forEach(policy -> {
            var outcome = policy.path("outcome");
            outcomes.add(
                new PolicyOutcome(
                    policy.path("name").asString(""),
                    outcome.isString() ? outcome.stringValue() : null));
          });
    }
    return outcomes;
  }
}
