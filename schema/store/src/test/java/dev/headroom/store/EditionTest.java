package dev.headroom.store;

import static dev.headroom.store.TestSql.count;
import static dev.headroom.store.TestSql.errorOf;
import static dev.headroom.store.TestSql.execute;
import static dev.headroom.store.TestSql.query;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.util.List;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Rollups and retention. The edition {@code timescale} is not to be had from Debian's packages, so
 * of its statements only the syntax, the queries and the functions they name are tested here.
 */
@ParameterizedClass
@EnumSource(TestServer.class)
class EditionTest {

  private static final String INSTANCE = "'00000000-0000-0000-0000-000000000001'::uuid";

  private final TestServer server;
  private final Database database;
  private final DataSource dataSource;
  private final Upkeep upkeep;

  EditionTest(TestServer server) {
    this.server = server;
    database = Database.open(server.migratedDatabase());
    dataSource = database.dataSource();
    upkeep = new Upkeep(dataSource);
  }

  @AfterEach
  void close() {
    database.close();
  }

  /**
   * Two minutes long ago: 10, 40, 20 and 5 bytes at 12:00:00, :15, :30 and 12:01:00. The first
   * minute's smallest is 10, largest 40, last 20; the hour's are 5, 40, 5.
   */
  @Test
  void rollups_keepTheSpike_beforeAndAfterTheyAreStored() {
    insertSample("2026-01-05 12:00:00+00", 10);
    insertSample("2026-01-05 12:00:15+00", 40);
    insertSample("2026-01-05 12:00:30+00", 20);
    insertSample("2026-01-05 12:01:00+00", 5);

    assertRollups();
    upkeep.refreshRollups();
    assertRollups();
    assertThat(count(dataSource, "memory_sample_1m_rollup")).isEqualTo(2);
  }

  @Test
  void rollupsThatAreWeeksBehind_areBroughtUpToDateByDays() {
    for (int day = 10; day < 30; day += 3) {
      insertSample("2026-01-" + day + " 12:00:00+00", day);
      insertSample("2026-01-" + day + " 23:59:59+00", day + 1);
      insertDecisions("2026-01-" + day + " 06:00:00+00", 3);
    }

    upkeep.refreshRollups();

    assertThat(query(dataSource, "SELECT headroom.rollups_behind_since()"))
        .containsExactly((String) null);
    assertThat(count(dataSource, "memory_sample_1h_rollup")).isEqualTo(14);
    assertThat(query(dataSource, "SELECT sum(anon_bytes_max) FROM headroom.memory_sample_1m"))
        .containsExactly("273");
    assertDecisionRollups();
  }

  @Test
  void aSampleThatComesLate_isRolledUpByTheNextRefresh() {
    insertSample("2026-01-05 12:00:00+00", 10);
    upkeep.refreshRollups();

    insertSample("2026-01-05 12:00:15+00", 40);
    upkeep.refreshRollups();

    assertThat(query(dataSource, "SELECT anon_bytes_max FROM headroom.memory_sample_1m"))
        .containsExactly("40");
    assertThat(query(dataSource, "SELECT sample_count FROM headroom.memory_sample_1h"))
        .containsExactly("2");
    assertThat(count(dataSource, "rollup_late")).isZero();
  }

  @Test
  void aSampleOfNow_isInTheRollup_withoutARefresh() {
    upkeep.refreshRollups();
    insertSample("now", 7);

    assertThat(query(dataSource, "SELECT anon_bytes_max FROM headroom.memory_sample_1m"))
        .containsExactly("7");
  }

  @Test
  void retention_dropsWhatIsOld_andKeepsWhatARecordingCovers() {
    execute(
        dataSource,
        "INSERT INTO headroom.recording VALUES ('kept', '2025-02-01', '2025-02-02', '')");
    insertSample("2025-01-10 12:00:00+00", 1);
    insertSample("2025-02-01 12:00:00+00", 2);
    insertSample("now", 3);

    upkeep.applyRetention();

    assertThat(query(dataSource, "SELECT anon_bytes FROM headroom.memory_sample ORDER BY 1"))
        .containsExactly("2", "3");
    assertThat(query(dataSource, "SELECT anon_bytes_max FROM headroom.memory_sample_1h ORDER BY 1"))
        .as("the hours of what is gone stay")
        .containsExactly("1", "2", "3");
  }

  @Test
  void decisionRollups_areTheAggregateOfTheirRows_alsoOfLateOnes() {
    insertDecisions("2026-01-05 10:00:00+00", 400);
    assertDecisionRollups();
    upkeep.refreshRollups();
    assertDecisionRollups();
    assertThat(count(dataSource, "decision_1m_rollup")).isGreaterThan(100);

    insertDecisions("2026-01-05 10:00:00.5+00", 90);
    insertDecisions("2026-01-07 23:30:00+00", 40);
    insertDecisions("now", 5);
    assertThat(count(dataSource, "decision_rollup_late")).isGreaterThan(1);
    upkeep.refreshRollups();
    assertDecisionRollups();
    assertThat(count(dataSource, "decision_rollup_late")).isZero();
  }

  @Test
  void retention_keepsTheHoursOfDecisionsThatAreGone() {
    insertDecisions("2025-01-10 12:00:00+00", 10);
    insertDecisions("now", 1);

    upkeep.applyRetention();

    assertThat(query(dataSource, "SELECT count(*) FROM headroom.decision")).containsExactly("3");
    assertThat(
            query(
                dataSource,
                "SELECT sum(decision_count) FROM headroom.decision_1h WHERE bucket_at < '2025-02-01'"))
        .containsExactly("30");
  }

  /** Three policies at once, every 7 s, some without a limit; the same at every call. */
  private void insertDecisions(String from, int steps) {
    execute(
        dataSource,
        """
        INSERT INTO headroom.decision (decided_at, instance_id, policy_id, limit_bytes, mode, applied, inputs)
        SELECT '%s'::timestamptz + step * interval '7 seconds', %s, policy_id,
          CASE WHEN abs(hashtext(policy_id || step)) %% 5 > 0 THEN abs(hashtext(step || policy_id)::bigint) END,
          (ARRAY['off', 'shadow', 'enforce']::headroom.guard_mode[])[1 + abs(hashtext(policy_id || step / 50)) %% 3],
          abs(hashtext(policy_id || step)) %% 3 = 0, '{}'
        FROM generate_series(0, %d - 1) AS step, unnest(ARRAY['a@1', 'b@1', 'c@2']) AS policy_id
        """
            .formatted(from, INSTANCE, steps));
  }

  private void assertDecisionRollups() {
    for (String width : List.of("1 minute", "1 hour")) {
      String view = "headroom.decision_1" + width.charAt(2);
      String raw =
          """
          SELECT bucket, instance_id, policy_id, count(*), count(*) FILTER (WHERE limit_bytes IS NULL), min(limit_bytes), max(limit_bytes),
            min(limit_bytes) FILTER (WHERE limits_after = 0 AND limit_bytes IS NOT NULL),
            min(mode) FILTER (WHERE rows_after = 0), count(*) FILTER (WHERE applied) > 0
          FROM (
            SELECT *, count(*) OVER w AS rows_after, count(limit_bytes) OVER w AS limits_after
            FROM (SELECT *, date_bin('%s', decided_at, '2000-01-01 00:00+00') AS bucket FROM headroom.decision) AS binned
            WINDOW w AS (PARTITION BY bucket, instance_id, policy_id ORDER BY decided_at
              ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING)) AS numbered
          GROUP BY 1, 2, 3
          """
              .formatted(width);
      String rolled = "SELECT * FROM " + view;
      assertThat(query(dataSource, "SELECT count(*) FROM (" + raw + ") AS raw"))
          .isEqualTo(query(dataSource, "SELECT count(*) FROM " + view));
      assertThat(
              query(
                  dataSource,
                  "SELECT differs::text FROM ((%s EXCEPT %s) UNION ALL (%s EXCEPT %s)) AS differs"
                      .formatted(raw, rolled, rolled, raw)))
          .as(view)
          .isEmpty();
    }
  }

  @Test
  void statementsOfTheTimescaleEdition_parse() {
    List<String> statements = timescaleStatements();

    assertThat(statements).hasSize(17);
    for (String statement : statements) {
      // PL/pgSQL parses every statement of a block, also those that are never reached.
      execute(dataSource, "DO $do$ BEGIN IF false THEN " + statement + "; END IF; END $do$");
    }
    assertThat(
            errorOf(
                dataSource, "DO $do$ BEGIN IF false THEN CREATE VIEW v WITH AS; END IF; END $do$"))
        .as("the check can fail")
        .contains("syntax error");
  }

  @Test
  void rollupQueriesOfTheTimescaleEdition_run_andGiveTheColumnsOfTheViews() {
    assumeThat(server).isEqualTo(TestServer.TIMESCALE_APACHE);
    List<String> views =
        timescaleStatements().stream().filter(it -> it.startsWith("CREATE MATERIALIZED")).toList();

    assertThat(views).hasSize(4);
    for (String view : views) {
      String name = view.replaceFirst("^CREATE MATERIALIZED VIEW headroom\\.(\\w+) .*", "$1");
      String select = view.replaceFirst("^.*? AS SELECT ", "SELECT ").replace(" WITH NO DATA", "");
      execute(dataSource, "CREATE VIEW public.timescale_" + name + " AS " + select);
      String columns =
          "SELECT attname || ' ' || atttypid::regtype FROM pg_attribute WHERE attrelid = '%s.%s'::regclass ORDER BY attnum";
      assertThat(query(dataSource, columns.formatted("public", "timescale_" + name)))
          .isEqualTo(query(dataSource, columns.formatted("headroom", name)));
    }
  }

  /** The Apache edition has the names of the other's functions and refuses them by licence. */
  @Test
  void statementsOfTheTimescaleEdition_areRefusedForTheirLicence_andNothingElse() {
    assumeThat(server).isEqualTo(TestServer.TIMESCALE_APACHE);

    for (String statement : timescaleStatements()) {
      // Only where the other edition has made the view before does this one come to the licence.
      boolean needsItsView = statement.matches(".*'headroom\\.(memory_sample|decision)_1.*");
      if (!needsItsView) {
        assertThat(errorOf(dataSource, statement)).as(statement).contains("license");
      }
    }
  }

  private List<String> timescaleStatements() {
    return query(
        dataSource,
        "SELECT * FROM headroom.edition_statements('timescale') UNION ALL SELECT * FROM headroom.decision_edition_statements('timescale')");
  }

  private void assertRollups() {
    assertThat(
            query(
                dataSource,
                "SELECT concat_ws(' ', to_char(bucket_at AT TIME ZONE 'UTC', 'HH24:MI'), sample_count, anon_bytes_min, anon_bytes_max, anon_bytes_last)"
                    + " FROM headroom.memory_sample_1m ORDER BY bucket_at"))
        .containsExactly("12:00 3 10 40 20", "12:01 1 5 5 5");
    assertThat(
            query(
                dataSource,
                "SELECT concat_ws(' ', sample_count, anon_bytes_min, anon_bytes_max, anon_bytes_last, file_bytes_last) FROM headroom.memory_sample_1h"))
        .containsExactly("4 5 40 5");
  }

  private void insertSample(String at, long anonBytes) {
    execute(
        dataSource,
        "INSERT INTO headroom.memory_sample (sampled_at, instance_id, anon_bytes) VALUES ('%s', %s, %d)"
            .formatted(at, INSTANCE, anonBytes));
  }
}
