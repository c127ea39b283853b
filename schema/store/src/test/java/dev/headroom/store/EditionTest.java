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
  void statementsOfTheTimescaleEdition_parse() {
    List<String> statements = timescaleStatements();

    assertThat(statements).hasSize(12);
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

    assertThat(views).hasSize(2);
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
      boolean needsItsView = statement.contains("'headroom.memory_sample_1");
      if (!needsItsView) {
        assertThat(errorOf(dataSource, statement)).as(statement).contains("license");
      }
    }
  }

  private List<String> timescaleStatements() {
    return query(dataSource, "SELECT * FROM headroom.edition_statements('timescale')");
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
