package dev.headroom.store;

import static dev.headroom.store.RandomObservations.START;
import static org.assertj.core.api.Assertions.assertThat;

import dev.headroom.model.BacktestRun;
import dev.headroom.model.Policy;
import dev.headroom.model.rollout.Rollout;
import dev.headroom.model.rollout.RolloutStage;
import dev.headroom.model.rollout.RolloutStep;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** From what a guard did back to the recording that its policy was judged on. */
@ParameterizedClass
@EnumSource(TestServer.class)
class CustodyTest {

  private static final UUID FIRST_RUN = new UUID(1, 1);
  private static final UUID SECOND_RUN = new UUID(1, 2);
  private static final UUID INSTANCE = new UUID(2, 1);
  private static final UUID STRANGER = new UUID(2, 2);

  private final Database database;
  private final RolloutStore rollouts;

  CustodyTest(TestServer server) {
    database = Database.open(server.migratedDatabase());
    rollouts = new RolloutStore(database.dataSource());
  }

  @AfterEach
  void close() {
    database.close();
  }

  @Test
  void everyLinkOfTheChain_isTheOneThatHeldAtThatMoment() {
    new PolicyStore(database.dataSource()).register(Policy.of("talk", "memory_max"), "ann");
    new PolicyStore(database.dataSource()).register(Policy.of("alone", "1"), "ann");
    for (UUID run : List.of(FIRST_RUN, SECOND_RUN)) {
      new BacktestStore(database.dataSource())
          .save(
              new BacktestRun(run, "run", START, "lab", "sha256:" + run, "0.1", "{}", "{}"),
              List.of());
    }
    for (UUID instance : List.of(INSTANCE, STRANGER)) {
      execute(
          "INSERT INTO headroom.instance VALUES ('%s', 'n', '/i', 'v2', '/d', 1, '17', '{\"tier\": \"%s\"}', '%s')"
              .formatted(instance, instance.equals(INSTANCE) ? "lab" : "other", START));
    }
    Rollout rollout =
        rollouts
            .create(
                new RolloutStore.Draft("talk", "talk@1", Map.of("tier", "lab"), "{}"),
                step(0, RolloutStage.OFF, null, null, FIRST_RUN))
            .orElseThrow();
    rollout = rollouts.change(rollout, step(10, RolloutStage.SHADOW, null, null, null));
    rollout = rollouts.change(rollout, step(20, RolloutStage.CANARY, 5, "bob", null));
    rollouts.change(rollout, step(30, RolloutStage.ENFORCE, null, null, SECOND_RUN));

    decide(12, 100);
    decide(22, 200);
    decide(24, null);
    decide(32, 300);
    event(15, INSTANCE, "would_block", "talk@1");
    event(25, INSTANCE, "block", "talk@1");
    event(35, INSTANCE, "block", "talk@1");
    event(36, STRANGER, "block", "talk@1");
    event(37, INSTANCE, "block", "alone@1");
    event(38, INSTANCE, "block", null);

    assertThat(
            TestSql.query(
                database.dataSource(),
                "SELECT concat_ws(' ', guard_event_kind, decided_bytes, step_stage, step_percent, approver, run_id, recording_hash)"
                    + " FROM headroom.custody ORDER BY occurred_at"))
        .containsExactly(
            "would_block 100 shadow " + FIRST_RUN + " sha256:" + FIRST_RUN,
            "block 200 canary 5 bob " + FIRST_RUN + " sha256:" + FIRST_RUN,
            "block 300 enforce bob " + SECOND_RUN + " sha256:" + SECOND_RUN,
            "block",
            "block");
    assertThat(
            TestSql.query(
                database.dataSource(),
                "SELECT rollout_name || ' ' || policy_id || ' ' || formula_text || ' ' || step_actor FROM headroom.custody"
                    + " WHERE step_stage = 'canary'"))
        .containsExactly("talk talk@1 memory_max ann");
  }

  @Test
  void theRolloutThatDecided_isFollowed_whateverElseFitsByNow() {
    new PolicyStore(database.dataSource()).register(Policy.of("talk", "memory_max"), "ann");
    execute(
        "INSERT INTO headroom.instance VALUES ('%s', 'n', '/i', 'v2', '/d', 1, '17', '{\"tier\": \"lab\"}', '%s')"
            .formatted(INSTANCE, START));
    Rollout first = create("first", 0);
    rollouts.change(first, step(10, RolloutStage.SHADOW, null, null, null));
    Rollout second = create("second", 1);
    rollouts.change(second, step(11, RolloutStage.SHADOW, null, null, null));

    decide(20, 100, first.rolloutId());
    event(21, INSTANCE, "block", "talk@1");
    decide(30, 200, null);
    event(31, INSTANCE, "block", "talk@1");
    execute("UPDATE headroom.instance SET labels = '{\"tier\": \"gold\"}'");
    decide(40, 300, second.rolloutId());
    event(41, INSTANCE, "block", "talk@1");
    decide(50, 400, new UUID(9, 9));
    event(51, INSTANCE, "block", "talk@1");

    assertThat(
            TestSql.query(
                database.dataSource(),
                "SELECT concat_ws(' ', decided_bytes, rollout_name) FROM headroom.custody ORDER BY occurred_at"))
        .containsExactly("100 first", "200", "300 second", "400");
  }

  private Rollout create(String name, long second) {
    return rollouts
        .create(
            new RolloutStore.Draft(name, "talk@1", Map.of("tier", "lab"), "{}"),
            step(second, RolloutStage.OFF, null, null, null))
        .orElseThrow();
  }

  private static RolloutStep step(
      long second,
      RolloutStage stage,
      @Nullable Integer percent,
      @Nullable String approver,
      @Nullable UUID run) {
    return new RolloutStep(
        RolloutStep.Kind.TRANSITION,
        stage,
        percent,
        "ann",
        approver,
        "a test",
        run,
        "{\"gates\": []}",
        at(second));
  }

  private void decide(long second, @Nullable Integer limit) {
    decide(second, limit, null);
  }

  private void decide(long second, @Nullable Integer limit, @Nullable UUID rollout) {
    execute(
        "INSERT INTO headroom.decision (decided_at, instance_id, policy_id, limit_bytes, mode, applied, inputs, rollout_id)"
            + " VALUES ('%s', '%s', 'talk@1', %s, 'enforce', true, '{}', %s)"
                .formatted(
                    at(second), INSTANCE, limit, rollout == null ? null : "'" + rollout + "'"));
  }

  private void event(long second, UUID instance, String kind, @Nullable String policy) {
    execute(
        "INSERT INTO headroom.guard_event (occurred_at, instance_id, kind, pid, backend_kind, policy_id)"
            + " VALUES ('%s', '%s', '%s', 1, 'client backend', %s)"
                .formatted(at(second), instance, kind, policy == null ? null : "'" + policy + "'"));
  }

  private void execute(String sql) {
    TestSql.execute(database.dataSource(), sql);
  }

  private static Instant at(long second) {
    return START.plusSeconds(second);
  }
}
