package dev.headroom.store;

import static dev.headroom.store.TestSql.count;
import static dev.headroom.store.TestSql.execute;
import static dev.headroom.store.TestSql.query;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.headroom.model.BackendKind;
import dev.headroom.model.CgroupVersion;
import dev.headroom.model.CollectorEvent;
import dev.headroom.model.Fact;
import dev.headroom.model.GuardEvent;
import dev.headroom.model.GuardMode;
import dev.headroom.model.InstanceEvent;
import dev.headroom.model.Policy;
import dev.headroom.model.Verdict;
import dev.headroom.model.rollout.RolloutStage;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** What the migrations make. */
@ParameterizedClass
@EnumSource(TestServer.class)
class SchemaTest {

  private static final String OURS =
      "relnamespace = 'headroom'::regnamespace AND relname <> 'schema_history'";

  private final TestServer server;
  private final Database database;
  private final DataSource dataSource;

  SchemaTest(TestServer server) {
    this.server = server;
    database = Database.open(server.migratedDatabase());
    dataSource = database.dataSource();
  }

  @AfterEach
  void close() {
    database.close();
  }

  @Test
  void everythingThatHasAName_hasAComment() {
    assertThat(
            query(
                dataSource,
                "SELECT relname FROM pg_class WHERE relkind IN ('r', 'v', 'm', 'p') AND obj_description(oid, 'pg_class') IS NULL AND "
                    + OURS))
        .as("tables and views without a comment")
        .isEmpty();
    assertThat(
            query(
                dataSource,
                "SELECT relname || '.' || attname FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid"
                    + " WHERE relkind IN ('r', 'v', 'm', 'p') AND attnum > 0 AND NOT attisdropped"
                    + " AND col_description(attrelid, attnum) IS NULL AND "
                    + OURS))
        .as("columns without a comment")
        .isEmpty();
    assertThat(
            query(
                dataSource,
                "SELECT proname FROM pg_proc WHERE pronamespace = 'headroom'::regnamespace AND obj_description(oid, 'pg_proc') IS NULL"))
        .as("functions without a comment")
        .isEmpty();
    assertThat(
            query(
                dataSource,
                "SELECT typname FROM pg_type WHERE typtype IN ('e', 'd') AND typnamespace = 'headroom'::regnamespace AND obj_description(oid, 'pg_type') IS NULL"))
        .as("types without a comment")
        .isEmpty();
  }

  @Test
  void aColumnInBytes_saysSoInItsComment() {
    assertThat(
            query(
                dataSource,
                "SELECT relname || '.' || attname FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid"
                    + " WHERE relkind IN ('r', 'v') AND attname ~ '_bytes(_|$)' AND col_description(attrelid, attnum) !~ 'bytes' AND "
                    + OURS))
        .isEmpty();
  }

  @Test
  void memorySample_hasOneColumnPerFact_inItsOrder() {
    List<String> columns = columnsOf("memory_sample");

    assertThat(columns.subList(0, 4))
        .containsExactly("sampled_at", "instance_id", "memory_max_bytes", "memory_max_unlimited");
    assertThat(columns.subList(4, columns.size()))
        .isEqualTo(Arrays.stream(Fact.values()).map(Fact::columnName).toList());
  }

  @Test
  void rollups_haveMinimumMaximumAndLastOfEachFact() {
    for (String view : List.of("memory_sample_1m", "memory_sample_1h")) {
      List<String> columns = columnsOf(view);
      assertThat(columns).startsWith("bucket_at", "instance_id", "sample_count");
      for (Fact fact : Fact.values()) {
        assertThat(columns)
            .contains(
                fact.columnName() + "_min",
                fact.columnName() + "_max",
                fact.columnName() + "_last");
      }
      assertThat(columns).contains("memory_max_bytes_min", "memory_max_unlimited_last");
    }
  }

  @Test
  void enumTypes_haveTheLabelsOfTheModel() {
    Map<String, Class<? extends Enum<?>>> types =
        Map.of(
            "backend_kind", BackendKind.class,
            "cgroup_version", CgroupVersion.class,
            "collector_event_kind", CollectorEvent.Kind.class,
            "guard_event_kind", GuardEvent.Kind.class,
            "guard_mode", GuardMode.class,
            "instance_event_kind", InstanceEvent.Kind.class,
            "policy_trigger", Policy.Trigger.class,
            "rollout_stage", RolloutStage.class,
            "verdict", Verdict.class);
    types.forEach((type, constants) ->
        assertThat(
                query(dataSource, "SELECT unnest(enum_range(NULL::headroom." + type + "))::text"))
            .as(type)
            .isEqualTo(Arrays.stream(constants.getEnumConstants()).map(Labels::of).toList()));
  }

  @Test
  void hypertables_areHypertables_whereTimescaleIs() {
    assumeThat(server).isEqualTo(TestServer.TIMESCALE_APACHE);

    assertThat(
            query(
                dataSource,
                "SELECT hypertable_name FROM timescaledb_information.hypertables WHERE hypertable_schema = 'headroom' ORDER BY 1"))
        .containsExactly(
            "collector_event",
            "decision",
            "guard_event",
            "instance_event",
            "memory_sample",
            "oom_kill",
            "process_sample");
    assertThat(query(dataSource, "SELECT headroom.edition()")).containsExactly("apache");
  }

  @Test
  void timeColumns_comeFirst() {
    for (String table :
        List.of(
            "memory_sample",
            "process_sample",
            "decision",
            "oom_kill",
            "guard_event",
            "instance_event",
            "collector_event")) {
      assertThat(columnsOf(table).getFirst()).as(table).endsWith("_at");
    }
  }

  @Test
  void auditRows_areNeverChanged_alsoNotByTheOwner() {
    execute(
        dataSource,
        "INSERT INTO headroom.policy (policy_id, policy_name, version, formula_text, cadence_ms, lag_ms) VALUES ('p@1', 'p', 1, '1', 0, 0);"
            + "INSERT INTO headroom.rollout (rollout_name, policy_id, instance_labels, stage) VALUES ('p', 'p@1', '{}', 'off');"
            + "INSERT INTO headroom.rollout_event (rollout_id, revision, to_stage, actor, reason) SELECT rollout_id, 0, 'off', 'test', 'test' FROM headroom.rollout");
    for (String table : List.of("policy", "rollout_event")) {
      for (String change :
          List.of("DELETE FROM headroom." + table, "TRUNCATE headroom." + table + " CASCADE")) {
        assertThat(TestSql.errorOf(dataSource, change)).as(change).contains("only grows");
      }
    }
    assertThat(TestSql.errorOf(dataSource, "UPDATE headroom.policy SET formula_text = '2'"))
        .contains("only grows");
    assertThat(count(dataSource, "rollout_event")).isEqualTo(1);
  }

  private List<String> columnsOf(String table) {
    return query(
        dataSource,
        "SELECT attname FROM pg_attribute WHERE attrelid = 'headroom.%s'::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum"
            .formatted(table));
  }
}
