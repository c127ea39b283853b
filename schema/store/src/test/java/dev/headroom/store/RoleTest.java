package dev.headroom.store;

import static dev.headroom.store.RandomObservations.START;
import static dev.headroom.store.TestSql.errorOf;
import static dev.headroom.store.TestSql.execute;
import static dev.headroom.store.TestSql.query;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.headroom.model.InstanceRecording;
import dev.headroom.model.Observation;
import dev.headroom.model.Recording;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** Who may do what, tried as a user who is in one role and no other. */
@ParameterizedClass
@EnumSource(TestServer.class)
class RoleTest {

  private final String url;
  private final Database owner;

  RoleTest(TestServer server) {
    url = server.migratedDatabase();
    owner = Database.open(url);
  }

  @AfterEach
  void close() {
    owner.close();
  }

  @Test
  void aCollector_stores_andNeitherReadsNorChangesNorDeletes() {
    try (Database collector = openAs("headroom_collector")) {
      List<Observation> batch = new ArrayList<>(observations());
      ObservationStore store = new ObservationStore(collector.dataSource());
      assertThat(store.store(batch).stored()).isEqualTo(batch.size());
      assertThat(store.store(batch).alreadyStored()).isEqualTo(batch.size());
      new Upkeep(collector.dataSource()).refreshRollups();
      new Upkeep(collector.dataSource()).applyRetention();

      for (String table : tables()) {
        assertDenied(collector, "SELECT 1 FROM headroom." + table);
        assertDenied(collector, "DELETE FROM headroom." + table);
        assertDenied(collector, "TRUNCATE headroom." + table);
        assertDenied(
            collector,
            "UPDATE headroom.%s SET %s = DEFAULT".formatted(table, firstColumnOf(table)));
      }
      assertDenied(collector, "INSERT INTO headroom.node DEFAULT VALUES");
      assertDenied(collector, "INSERT INTO headroom.policy DEFAULT VALUES");
    }
  }

  @Test
  void aReader_readsAllButTokens_andWritesNothing() {
    InstanceRecording recording = new RandomObservations(new Random(1), "n").recording(0, 5);
    new ObservationStore(owner.dataSource()).store(RandomObservations.observationsOf(recording));
    try (Database reader = openAs("headroom_reader")) {
      assertThat(
              new RecordingStore(reader.dataSource())
                  .read(recording.instance().id(), START, START.plusSeconds(60))
                  .samples())
          .isEqualTo(recording.samples());
      execute(reader.dataSource(), "SELECT * FROM headroom.memory_sample_1h");

      assertDenied(reader, "SELECT 1 FROM headroom.api_token");
      assertDenied(reader, "CALL headroom.apply_retention()");
      for (String table : tables()) {
        assertDenied(reader, "INSERT INTO headroom." + table + " DEFAULT VALUES");
        assertDenied(reader, "DELETE FROM headroom." + table);
        assertDenied(
            reader, "UPDATE headroom.%s SET %s = DEFAULT".formatted(table, firstColumnOf(table)));
      }
      assertThatThrownBy(() ->
              new ObservationStore(reader.dataSource())
                  .store(RandomObservations.observationsOf(recording)))
          .isInstanceOfSatisfying(
              DatabaseException.class,
              error ->
                  assertThat(error.reason()).isEqualTo(DatabaseException.Reason.ACCESS_DENIED));
    }
  }

  @Test
  void anOperator_keepsRecordings_andDeletesNoObservation() {
    InstanceRecording instance = new RandomObservations(new Random(1), "n").recording(0, 5);
    Recording recording =
        new Recording("r", START, START.plusSeconds(60), List.of(instance.instance().id()), "");
    try (Database operator = openAs("headroom_operator")) {
      RecordingStore recordings = new RecordingStore(operator.dataSource());
      recordings.importRecording(recording, List.of(instance).iterator());
      assertThat(recordings.list()).containsExactly(recording);
      assertThat(recordings.delete("r")).isTrue();

      assertDenied(operator, "DELETE FROM headroom.oom_kill");
      assertDenied(operator, "UPDATE headroom.rollout_event SET reason = ''");
      assertDenied(operator, "DELETE FROM headroom.policy");
    }
  }

  @Test
  void aUserInNoRole_isToldWhatToDo() {
    execute(owner.dataSource(), dropAndCreate("nobody_special"));
    assertThatThrownBy(() -> Database.open(urlAs("nobody_special")))
        .isInstanceOf(DatabaseException.class)
        .hasMessageContaining("role membership");
  }

  private Database openAs(String role) {
    String user = role + "_user";
    execute(owner.dataSource(), dropAndCreate(user) + "; GRANT " + role + " TO " + user);
    return Database.open(urlAs(user));
  }

  private static String dropAndCreate(String user) {
    return "DROP ROLE IF EXISTS " + user + "; CREATE ROLE " + user + " LOGIN";
  }

  private String urlAs(String user) {
    return url.replace("user=postgres", "user=" + user);
  }

  private List<String> tables() {
    List<String> tables =
        query(
            owner.dataSource(),
            "SELECT tablename FROM pg_tables WHERE schemaname = 'headroom' AND tablename <> 'schema_history'");
    assertThat(tables).hasSizeGreaterThan(18);
    return tables;
  }

  private String firstColumnOf(String table) {
    return query(
            owner.dataSource(),
            "SELECT attname FROM pg_attribute WHERE attrelid = 'headroom.%s'::regclass AND attnum = 1"
                .formatted(table))
        .getFirst();
  }

  private List<Observation> observations() {
    RandomObservations random = new RandomObservations(new Random(1), "n");
    List<Observation> batch = RandomObservations.observationsOf(random.recording(0, 20));
    batch.add(random.node(START));
    batch.add(random.collectorEvent(START));
    return batch;
  }

  private static void assertDenied(Database database, String sql) {
    assertThat(errorOf(database.dataSource(), sql)).as(sql).contains("permission denied");
  }
}
