package dev.headroom.store;

import static dev.headroom.store.RandomObservations.START;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.headroom.model.BacktestRun;
import dev.headroom.model.Policy;
import dev.headroom.model.rollout.Rollout;
import dev.headroom.model.rollout.RolloutEvent;
import dev.headroom.model.rollout.RolloutStage;
import dev.headroom.model.rollout.RolloutStep;
import dev.headroom.model.rollout.RolloutStep.Kind;
import dev.headroom.store.RolloutStore.Change;
import dev.headroom.store.RolloutStore.Draft;
import dev.headroom.store.RolloutStore.Kept;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** Rollouts as the database keeps them, and what it refuses whoever asks. */
@ParameterizedClass
@EnumSource(TestServer.class)
class RolloutStoreTest {

  private static final UUID RUN = new UUID(1, 1);
  private static final String GATES = "{\"shadow_soak_ms\": 1000}";

  private final String url;
  private final Database database;
  private final RolloutStore rollouts;
  private int made;

  RolloutStoreTest(TestServer server) {
    url = server.migratedDatabase();
    database = Database.open(url);
    rollouts = new RolloutStore(database.dataSource());
  }

  @BeforeEach
  void makePolicyAndRun() {
    new PolicyStore(database.dataSource()).register(Policy.of("talk", "memory_max"), "ann");
    new BacktestStore(database.dataSource())
        .save(
            new BacktestRun(RUN, BacktestRun.RUN, START, "lab", "sha256:00", "1", "{}", "{}"),
            List.of());
  }

  @AfterEach
  void close() {
    database.close();
  }

  @Test
  void aWholeLife_isReadBackWithItsAudit() {
    RolloutStep creation = step(Kind.TRANSITION, RolloutStage.OFF, null);
    Rollout off =
        rollouts
            .create(new Draft("talk", "talk@1", Map.of("tier", "lab"), GATES), creation)
            .orElseThrow();
    assertThat(off.stage()).isEqualTo(RolloutStage.OFF);
    assertThat(off.revision()).isZero();
    assertThat(off.instanceLabels()).isEqualTo(Map.of("tier", "lab"));
    assertThat(rollouts.create(new Draft("talk", "talk@1", Map.of(), "{}"), creation)).isEmpty();

    RolloutStep toShadow = step(Kind.TRANSITION, RolloutStage.SHADOW, null);
    RolloutStep toCanary =
        new RolloutStep(
            Kind.TRANSITION,
            RolloutStage.CANARY,
            5,
            "controller",
            null,
            "every gate is open",
            RUN,
            "{\"gates\": [{\"name\": \"soak\"}]}",
            START.plusSeconds(5));
    RolloutStep pause = step(Kind.PAUSE, RolloutStage.CANARY, 5);
    RolloutStep back = step(Kind.TRANSITION, RolloutStage.ROLLED_BACK, null);
    Rollout shadow = rollouts.change(off, toShadow);
    Rollout canary = rollouts.change(shadow, toCanary);
    assertThat(canary.canaryPercent()).isEqualTo(5);
    assertThat(canary.changedAt()).isEqualTo(START.plusSeconds(5));
    Rollout paused = rollouts.change(canary, pause);
    assertThat(paused.paused()).isTrue();
    Rollout ended = rollouts.change(paused, back);
    assertThat(ended.stage()).isEqualTo(RolloutStage.ROLLED_BACK);
    assertThat(ended.paused()).isFalse();
    assertThat(ended.revision()).isEqualTo(4);

    List<RolloutEvent> history = rollouts.history(off.rolloutId());
    assertThat(history.stream().map(RolloutEvent::step))
        .containsExactly(creation, toShadow, toCanary, pause, back);
    assertThat(history.stream().map(RolloutEvent::revision)).containsExactly(0L, 1L, 2L, 3L, 4L);
    assertThat(history.get(3).fromPercent()).isEqualTo(5);
    assertThat(history.get(0).fromStage()).isNull();
    assertThat(history.getLast().databaseUser()).isEqualTo("postgres");

    assertThat(rollouts.find("talk")).contains(new Kept(ended, GATES));
    assertThat(rollouts.listActive()).isEmpty();
    assertThat(rollouts.list()).hasSize(1);
  }

  @Test
  void theLoserOfTwoAtOnce_learnsWhoWon_andNothingOfItsChangeIsKept() throws Exception {
    Rollout off = make(RolloutStage.OFF);
    CyclicBarrier together = new CyclicBarrier(2);
    List<String> refusals = new ArrayList<>();
    List<Rollout> done = new ArrayList<>();
    try (ExecutorService threads = Executors.newFixedThreadPool(2)) {
      List<Future<Rollout>> calls = new ArrayList<>();
      for (String who : List.of("ann", "bob")) {
        RolloutStep step =
            new RolloutStep(
                Kind.TRANSITION,
                RolloutStage.SHADOW,
                null,
                who,
                null,
                "because " + who,
                null,
                "{}",
                START);
        calls.add(
            threads.submit(() -> {
              together.await(10, TimeUnit.SECONDS);
              return rollouts.change(off, step);
            }));
      }
      for (Future<Rollout> each : calls) {
        try {
          done.add(each.get(30, TimeUnit.SECONDS));
        } catch (java.util.concurrent.ExecutionException lost) {
          assertThat(lost).cause().isInstanceOf(RolloutConflictException.class);
          refusals.add(String.valueOf(lost.getMessage()));
        }
      }
    }
    assertThat(done).hasSize(1);
    List<RolloutEvent> history = rollouts.history(off.rolloutId());
    assertThat(history).hasSize(2);
    String winner = history.getLast().step().actor();
    assertThat(refusals)
        .singleElement()
        .asString()
        .contains(winner + " was first: took rollout")
        .contains("to shadow")
        .contains("because " + winner)
        .contains("headroom rollout show " + off.name());
  }

  @Test
  void severalChanges_areMadeTogetherOrNotAtAll() {
    Rollout old = make(RolloutStage.ENFORCE);
    Rollout young = make(RolloutStage.CANARY);
    Change retire = new Change(old, step(Kind.TRANSITION, RolloutStage.RETIRED, null));
    Change enforce = new Change(young, approved(RolloutStage.ENFORCE, null));
    Change stale =
        new Change(make(RolloutStage.SHADOW), step(Kind.PAUSE, RolloutStage.SHADOW, null));
    rollouts.change(List.of(stale));

    assertThatThrownBy(() -> rollouts.change(List.of(enforce, retire, stale)))
        .isInstanceOf(RolloutConflictException.class);
    assertThat(rollouts.find(young.name()).orElseThrow().rollout()).isEqualTo(young);

    rollouts.change(List.of(enforce, retire));
    assertThat(rollouts.find(young.name()).orElseThrow().rollout().stage())
        .isEqualTo(RolloutStage.ENFORCE);
    assertThat(rollouts.find(old.name()).orElseThrow().rollout().stage())
        .isEqualTo(RolloutStage.RETIRED);
  }

  @Test
  void theDatabase_goesOnlyWhereTheLadderGoes() {
    Map<RolloutStage, List<RolloutStage>> legal =
        new EnumMap<>(
            Map.of(
                RolloutStage.OFF,
                List.of(RolloutStage.SHADOW, RolloutStage.ROLLED_BACK, RolloutStage.RETIRED),
                RolloutStage.SHADOW,
                List.of(
                    RolloutStage.CANARY,
                    RolloutStage.ENFORCE,
                    RolloutStage.ROLLED_BACK,
                    RolloutStage.RETIRED),
                RolloutStage.CANARY,
                List.of(RolloutStage.ENFORCE, RolloutStage.ROLLED_BACK, RolloutStage.RETIRED),
                RolloutStage.ENFORCE,
                List.of(RolloutStage.ROLLED_BACK, RolloutStage.RETIRED),
                RolloutStage.ROLLED_BACK,
                List.of(),
                RolloutStage.RETIRED,
                List.of()));
    legal.forEach((from, targets) -> {
      for (RolloutStage to : RolloutStage.values()) {
        Rollout rollout = make(from);
        RolloutStep step = approved(to, to == RolloutStage.CANARY ? 10 : null);
        if (targets.contains(to)) {
          assertThat(rollouts.change(rollout, step).stage()).isEqualTo(to);
        } else {
          assertThatThrownBy(() -> rollouts.change(rollout, step))
              .as(from + " to " + to)
              .isInstanceOf(DatabaseException.class);
          assertThat(rollouts.find(rollout.name()).orElseThrow().rollout()).isEqualTo(rollout);
        }
      }
    });
  }

  @Test
  void aCanary_onlyGrows_andAPausedOneStays() {
    Rollout ten = make(RolloutStage.CANARY);
    assertThatThrownBy(() -> rollouts.change(ten, approved(RolloutStage.CANARY, 9)))
        .hasMessageContaining("does not go from canary 10 to canary 9");
    Rollout grown = rollouts.change(ten, approved(RolloutStage.CANARY, 11));
    Rollout paused = rollouts.change(grown, step(Kind.PAUSE, RolloutStage.CANARY, 11));
    assertThatThrownBy(() -> rollouts.change(paused, approved(RolloutStage.CANARY, 12)))
        .hasMessageContaining("is paused");
    assertThatThrownBy(() -> rollouts.change(paused, step(Kind.PAUSE, RolloutStage.CANARY, 11)))
        .hasMessageContaining("changes nothing");
    Rollout resumed = rollouts.change(paused, step(Kind.RESUME, RolloutStage.CANARY, 11));
    assertThat(resumed.paused()).isFalse();
    Rollout again = rollouts.change(resumed, step(Kind.PAUSE, RolloutStage.CANARY, 11));
    assertThat(rollouts.change(again, approved(RolloutStage.ROLLED_BACK, null)).stage())
        .isEqualTo(RolloutStage.ROLLED_BACK);
  }

  @Test
  void nobodyGoesLive_withoutEvidenceOrANamedApprover() {
    Rollout shadow = make(RolloutStage.SHADOW);
    assertThatThrownBy(
            () -> rollouts.change(shadow, step(Kind.TRANSITION, RolloutStage.CANARY, 10)))
        .hasMessageContaining("live_needs_evidence_or_approver");
    assertThatThrownBy(() -> rollouts.change(shadow, evidenced(RolloutStage.ENFORCE, null, RUN)))
        .hasMessageContaining("only_an_approver_leaves_out_canary");
    assertThatThrownBy(
            () -> rollouts.change(shadow, evidenced(RolloutStage.CANARY, 10, new UUID(8, 8))))
        .as("a run that is not stored")
        .hasMessageContaining("run_is_stored");
    assertThat(rollouts.change(shadow, evidenced(RolloutStage.CANARY, 10, RUN)).canaryPercent())
        .isEqualTo(10);

    assertThat(TestSql.errorOf(database.dataSource(), "DELETE FROM headroom.backtest_run"))
        .as("evidence stays")
        .contains("run_is_stored");
  }

  @Test
  void aChangeBesideTheAudit_orAnAuditBesideTheChange_isRefusedAtCommit() {
    Rollout shadow = make(RolloutStage.SHADOW);
    String where = " WHERE rollout_id = '" + shadow.rolloutId() + "'";
    assertRefused(
        "UPDATE headroom.rollout SET stage = 'enforce', revision = revision + 1" + where,
        "without an audit row");
    assertRefused("UPDATE headroom.rollout SET stage = 'enforce'" + where, "the next is");
    assertRefused(
        "UPDATE headroom.rollout SET paused = true, revision = revision + 1"
            + where
            + "; INSERT INTO headroom.rollout_event (rollout_id, revision, event_kind, from_stage, to_stage, actor, reason)"
            + " SELECT rollout_id, revision, 'resume', stage, stage, 'x', 'x' FROM headroom.rollout"
            + where,
        "without an audit row");
    assertRefused(
        "INSERT INTO headroom.rollout_event (rollout_id, revision, from_stage, to_stage, actor, reason)"
            + " SELECT rollout_id, revision + 1, stage, 'rolled_back', 'x', 'x' FROM headroom.rollout"
            + where,
        "without the change");
    assertRefused(
        "INSERT INTO headroom.rollout (rollout_name, policy_id, instance_labels, stage) VALUES ('x', 'talk@1', '{}', 'off')",
        "without an audit row");
    assertRefused(
        "INSERT INTO headroom.rollout (rollout_name, policy_id, instance_labels, stage) VALUES ('x', 'talk@1', '{}', 'enforce')",
        "starts at stage off");
    assertRefused(
        "UPDATE headroom.rollout SET instance_labels = '{\"a\":\"b\"}', revision = revision + 1"
            + where,
        "keeps its policy");
    assertRefused("DELETE FROM headroom.rollout", "never deleted");
    assertRefused("TRUNCATE headroom.rollout CASCADE", "");
    assertThat(rollouts.find(shadow.name()).orElseThrow().rollout()).isEqualTo(shadow);
  }

  @Test
  void anOperator_promotes_underTheirOwnName_andWritesNothingElse() {
    String user = "headroom_operator_user";
    TestSql.execute(
        database.dataSource(),
        "DROP ROLE IF EXISTS %1$s; CREATE ROLE %1$s LOGIN; GRANT headroom_operator TO %1$s"
            .formatted(user));
    Rollout off = make(RolloutStage.OFF);
    try (Database operator = Database.open(url.replace("user=postgres", "user=" + user))) {
      new RolloutStore(operator.dataSource())
          .change(off, step(Kind.TRANSITION, RolloutStage.SHADOW, null));
      new PolicyStore(operator.dataSource()).register(Policy.of("own", "1"), "ann");
      new GuardStopStore(operator.dataSource()).stop("ann", "a test");

      assertThat(
              TestSql.errorOf(
                  operator.dataSource(),
                  "UPDATE headroom.rollout SET gates = '{}', revision = revision + 1"))
          .contains("permission denied");
      assertThat(
              TestSql.errorOf(
                  operator.dataSource(),
                  "INSERT INTO headroom.rollout_event (rollout_id, revision, to_stage, actor, reason, database_user)"
                      + " SELECT rollout_id, 9, 'off', 'x', 'x', 'somebody' FROM headroom.rollout"))
          .contains("permission denied");
    }
    assertThat(rollouts.history(off.rolloutId()).getLast().databaseUser()).isEqualTo(user);
  }

  @Test
  void aStop_holdsUntilItIsLifted_andBothStay() {
    GuardStopStore stops = new GuardStopStore(database.dataSource());
    assertThat(stops.find()).isEmpty();
    assertThat(stops.lift("ann", "nothing to lift")).isEmpty();
    stops.stop("ann", "blocks everywhere");
    assertThat(stops.find().orElseThrow().reason()).isEqualTo("blocks everywhere");
    assertThat(TestSql.query(database.dataSource(), "SELECT headroom.flag_state() ->> 'stop'"))
        .containsExactly("blocks everywhere");
    assertThat(stops.lift("bob", "it was the workload")).isPresent();
    assertThat(stops.find()).isEmpty();
    assertThat(stops.list()).hasSize(2);
  }

  private void assertRefused(String sql, String why) {
    assertThat(TestSql.errorOf(database.dataSource(), sql)).as(sql).contains(why);
  }

  /** A rollout that came to this stage by approval. */
  private Rollout make(RolloutStage stage) {
    Rollout rollout =
        rollouts
            .create(
                new Draft("r" + made++, "talk@1", Map.of(), "{}"),
                step(Kind.TRANSITION, RolloutStage.OFF, null))
            .orElseThrow();
    if (stage == RolloutStage.OFF) {
      return rollout;
    }
    if (!stage.isEnd()) {
      rollout = rollouts.change(rollout, step(Kind.TRANSITION, RolloutStage.SHADOW, null));
    }
    return stage == RolloutStage.SHADOW
        ? rollout
        : rollouts.change(rollout, approved(stage, stage == RolloutStage.CANARY ? 10 : null));
  }

  private static RolloutStep step(Kind kind, RolloutStage stage, @Nullable Integer percent) {
    return new RolloutStep(kind, stage, percent, "ann", null, "a test", null, "{}", START);
  }

  private static RolloutStep approved(RolloutStage stage, @Nullable Integer percent) {
    return new RolloutStep(
        Kind.TRANSITION, stage, percent, "ann", "bob", "a test", null, "{}", START);
  }

  private static RolloutStep evidenced(RolloutStage stage, @Nullable Integer percent, UUID run) {
    return new RolloutStep(
        Kind.TRANSITION, stage, percent, "ann", null, "a test", run, "{\"gates\": 1}", START);
  }
}
