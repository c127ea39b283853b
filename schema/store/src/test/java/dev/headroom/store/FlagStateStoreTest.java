package dev.headroom.store;

import static dev.headroom.store.TestSql.execute;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.headroom.model.Policy;
import dev.headroom.model.rollout.FlagState;
import dev.headroom.model.rollout.PolicyVersion;
import dev.headroom.model.rollout.Rollout;
import dev.headroom.model.rollout.RolloutStage;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class FlagStateStoreTest {

  private static final String ROLLOUT = "00000000-0000-0000-0000-0000000000aa";

  private final String url = TestServer.PLAIN.migratedDatabase();
  private final Database owner = Database.open(url);

  @AfterEach
  void close() {
    owner.close();
  }

  @Test
  void nothingPromoted_isTheEmptyState() {
    assertThat(new FlagStateStore(owner.dataSource()).read()).isEqualTo(FlagState.EMPTY);
  }

  @Test
  void whatTheDatabaseSays_isRead_alsoByACollector_andSurvivesBeingWritten() {
    addPolicy();
    addRollout();
    execute(
        owner.dataSource(),
        "DROP ROLE IF EXISTS flag_reader; CREATE ROLE flag_reader LOGIN;"
            + " GRANT headroom_collector TO flag_reader");
    try (Database collector = Database.open(url.replace("user=postgres", "user=flag_reader"))) {
      FlagState state = new FlagStateStore(collector.dataSource()).read();

      assertThat(state.policies())
          .containsExactly(
              new PolicyVersion(
                  "talk@1",
                  1,
                  new Policy(
                      "talk",
                      "memory_max - shmem",
                      Policy.Trigger.EVENTS,
                      Duration.ofMillis(5_000),
                      Duration.ofMillis(100),
                      1_048_576L,
                      null)));
      Rollout rollout = state.rollouts().getFirst();
      assertThat(rollout.rolloutId()).isEqualTo(UUID.fromString(ROLLOUT));
      assertThat(rollout.stage()).isEqualTo(RolloutStage.CANARY);
      assertThat(rollout.canaryPercent()).isEqualTo(10);
      assertThat(rollout.instanceLabels()).isEqualTo(Map.of("tier", "gold"));
      assertThat(state.stop()).isEmpty();
      assertThat(FlagStateJson.parse(FlagStateJson.write(state))).isEqualTo(state);
    }
  }

  @Test
  void aStop_isInTheState_untilItIsLifted() {
    stop(true, "incident");
    FlagState stopped = new FlagStateStore(owner.dataSource()).read();
    assertThat(stopped.stop()).contains("incident");
    assertThat(FlagStateJson.parse(FlagStateJson.write(stopped))).isEqualTo(stopped);
    stop(false, "over");
    FlagState lifted = new FlagStateStore(owner.dataSource()).read();
    assertThat(lifted.stop()).isEmpty();
    assertThat(lifted.revision()).isGreaterThan(stopped.revision());
  }

  /** The poll is far away: only the database's word can be what ends the wait. */
  @Test
  void watch_readsAtOnce_thenWhenTold_andWaitsOtherwise() {
    try (FlagStateWatch watch = new FlagStateWatch(url, Duration.ofHours(1))) {
      assertThat(watch.await(Duration.ofMillis(1))).contains(FlagState.EMPTY);
      assertThat(watch.await(Duration.ofMillis(50))).isEmpty();
      stop(true, "incident");
      assertThat(watch.await(Duration.ofSeconds(20)).flatMap(FlagState::stop)).contains("incident");
    }
  }

  @Test
  void watch_readsUnaskedWhenThePollIsDue() {
    try (FlagStateWatch watch = new FlagStateWatch(url, Duration.ofMillis(30))) {
      watch.await(Duration.ofMillis(1));
      assertThat(watch.await(Duration.ofSeconds(20))).contains(FlagState.EMPTY);
    }
  }

  @Test
  void watch_whoseConnectionDied_saysSo_andConnectsAnew() {
    try (FlagStateWatch watch = new FlagStateWatch(url, Duration.ofMillis(1))) {
      watch.await(Duration.ofMillis(1));
      execute(
          owner.dataSource(),
          "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
              + " WHERE application_name = 'headroom flags' AND datname = current_database()");
      assertThatThrownBy(() -> watch.await(Duration.ofSeconds(5)))
          .isInstanceOfSatisfying(
              DatabaseException.class,
              e -> assertThat(e.reason()).isEqualTo(DatabaseException.Reason.UNAVAILABLE));
      assertThat(watch.await(Duration.ofMillis(1))).contains(FlagState.EMPTY);
    }
  }

  @Test
  void textThatIsNoState_isRefusedWithWhatItLacks() {
    assertThatThrownBy(() -> FlagStateJson.parse("{}"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("this is no state of flags: it lacks revision");
    assertThatThrownBy(() -> FlagStateJson.parse("{\"revision\": 1,"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("this is no state of flags: ");
    assertThatThrownBy(() ->
            FlagStateJson.parse(
                "{\"revision\":1,\"rollouts\":[],\"policies\":[{\"policy_id\":\"p\",\"version\":1,"
                    + "\"name\":\"p\",\"formula_text\":\"anon\",\"decides_on\":\"whim\","
                    + "\"cadence_ms\":0,\"lag_ms\":0}]}"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("whim");
    assertThat(
            FlagStateJson.parse("{\"revision\":1,\"stop\":null,\"rollouts\":[],\"policies\":[]}"))
        .isEqualTo(new FlagState(1, Optional.empty(), List.of(), List.of()));
  }

  private void addPolicy() {
    execute(
        owner.dataSource(),
        "INSERT INTO headroom.policy (policy_id, policy_name, version, formula_text, decides_on,"
            + " cadence_ms, lag_ms, minimum_bytes)"
            + " VALUES ('talk@1', 'talk', 1, 'memory_max - shmem', 'events', 5000, 100, 1048576)");
  }

  private void addRollout() {
    execute(
        owner.dataSource(),
        // Straight to where it takes several steps otherwise.
        "SET LOCAL session_replication_role = replica;"
            + " INSERT INTO headroom.rollout (rollout_id, rollout_name, policy_id, instance_labels, stage,"
            + " canary_percent) VALUES ('"
            + ROLLOUT
            + "', 'first', 'talk@1', '{\"tier\": \"gold\"}', 'canary', 10)");
  }

  private void stop(boolean stopped, String reason) {
    execute(
        owner.dataSource(),
        "INSERT INTO headroom.guard_stop (stopped, actor, reason) VALUES (%s, 'me', '%s')"
            .formatted(stopped, reason));
  }
}
