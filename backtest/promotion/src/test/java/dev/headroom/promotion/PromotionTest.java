package dev.headroom.promotion;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.headroom.model.BacktestRun;
import dev.headroom.model.GuardEvent;
import dev.headroom.model.rollout.Rollout;
import dev.headroom.model.rollout.RolloutEvent;
import dev.headroom.model.rollout.RolloutStage;
import dev.headroom.model.rollout.RolloutStep;
import dev.headroom.promotion.Promotion.By;
import dev.headroom.promotion.Promotion.Done;
import dev.headroom.promotion.Promotion.Request;
import dev.headroom.promotion.RolloutController.Action;
import dev.headroom.promotion.RolloutController.Look;
import dev.headroom.store.BacktestStore;
import dev.headroom.store.Database;
import dev.headroom.store.LeaderLock;
import dev.headroom.store.PolicyStore;
import dev.headroom.store.RolloutConflictException;
import dev.headroom.store.RolloutStore;
import dev.headroom.store.SchemaMigration;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Rollouts on a real database, with a clock that is wound by hand and a fleet that obeys. */
class PromotionTest {

  private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");
  private static final Map<String, String> LABELS = Map.of("tier", "test");
  private static final By ANN = new By("ann", null, "a test");

  /** So quick that a minute is enough for the whole ladder. */
  private static final GateSettings QUICK =
      GateSettings.parse(
          """
          {"automatic": true, "canary_percents": [10, 50], "shadow_soak_ms": 10000,
           "canary_soak_ms": 10000, "minimum_decisions": 50, "silence_ms": 3000, "decision_stands_ms": 2000}
          """);

  private static EmbeddedPostgres server;
  private static int databases;

  private Database database;
  private DataSource dataSource;
  private Instant now = START;
  private Promotion promotion;
  private RolloutController controller;
  private RolloutStore rollouts;
  private Fleet fleet;

  @BeforeAll
  static void startServer() throws IOException {
    server = EmbeddedPostgres.builder().setServerConfig("fsync", "off").start();
    try (Database template = Database.connect(url("template1"))) {
      SchemaMigration.migrate(template.dataSource());
    }
  }

  private static String url(String name) {
    return "jdbc:postgresql://localhost:%d/%s?user=postgres".formatted(server.getPort(), name);
  }

  @AfterAll
  static void stopServer() throws IOException {
    server.close();
  }

  @BeforeEach
  void makeDatabase() throws Exception {
    String name = "promotion_" + ++databases;
    try (var connection = server.getPostgresDatabase().getConnection();
        var statement = connection.createStatement()) {
      statement.execute("CREATE DATABASE " + name);
    }
    database = Database.open(url(name));
    dataSource = database.dataSource();
    promotion = new Promotion(dataSource, () -> now);
    controller = new RolloutController(dataSource, () -> now);
    rollouts = new RolloutStore(dataSource);
    fleet = new Fleet(dataSource, 60, LABELS, START);
  }

  @AfterEach
  void close() {
    database.close();
  }

  @Test
  void aGoodPolicy_climbsByItself_andEachStepKeepsItsEvidence() {
    BacktestRun run = store(1, "talk", "pass", START.minusSeconds(3600));
    Rollout shadow = promote(run, "talk", "shadow").rollout();
    assertThat(shadow.stage()).isEqualTo(RolloutStage.SHADOW);
    assertThat(shadow.policyId()).isEqualTo("talk@1");

    List<Look> news = live(60);
    assertThat(news.stream().map(look -> Rung.of(look.after()).toString()))
        .containsExactly("canary 10%", "canary 50%", "enforce");
    List<RolloutEvent> history = rollouts.history(shadow.rolloutId());
    assertThat(history).hasSize(5);
    for (RolloutEvent event : history.subList(2, 5)) {
      assertThat(event.step().actor()).isEqualTo(RolloutController.ACTOR);
      assertThat(event.step().approver()).isNull();
      assertThat(event.step().runId()).isEqualTo(run.runId());
      assertThat(event.step().evidenceJson())
          .contains("recording_hash", "sha256:1", "\"verdict\": \"pass\"", "soaked_s");
    }
    assertThat(history.getLast().step().evidenceJson())
        .contains("critical_value", "p_value", "assignment_probability");
    assertThat(live(20)).as("at the top there is nothing to do").isEmpty();
  }

  @Test
  void aPolicyThatBlocksTooMuch_isTakenBack_withinTheEventsThatTheEvidenceNames() {
    promote(store(1, "talk", "pass", START.minusSeconds(3600)), "talk", "shadow");
    live(12);
    assertThat(get("talk").stage()).isEqualTo(RolloutStage.CANARY);
    fleet.blockUnder(policy -> policy.equals("talk@1"));
    List<Look> news = live(10);
    assertThat(news)
        .singleElement()
        .satisfies(look -> {
          assertThat(look.action()).isEqualTo(Action.ROLLED_BACK);
          GateResult blocks = gate(look.evaluation(), "blocks");
          assertThat(blocks.outcome()).isEqualTo(GateResult.Outcome.ROLL_BACK);
          int alarmFrom = figure(blocks, "alarm_from_events");
          int observed = figure(blocks, "observed");
          // The fleet blocks on every canary instance in each second: the first look after the
          // boundary sees at most one second's worth more.
          assertThat(observed).isBetween(alarmFrom, alarmFrom + fleet.instances().size());
        });
    Rollout ended = get("talk");
    assertThat(ended.stage()).isEqualTo(RolloutStage.ROLLED_BACK);
    assertThat(rollouts.history(ended.rolloutId()).getLast().step().reason())
        .startsWith("blocks: ");
    assertThatThrownBy(() -> promotion.approve("talk", "enforce", new By("ann", "bob", "no")))
        .isInstanceOf(PromotionRefusedException.class)
        .hasMessageContaining("has ended");
  }

  @Test
  void theOutlook_foretellsWhatAStepDoes_besideOtherRollouts() {
    promote(store(1, "old", "pass", START.minusSeconds(3600)), "old", "shadow");
    promotion.approve("old", "enforce", new By("ann", "bob", "a test"));
    now = now.plusSeconds(1);
    promote(store(2, "new", "pass", START.minusSeconds(3600)), "new", "shadow");
    Outlook before = promotion.outlook(promotion.get("new"));
    assertThat(before.instances()).isEqualTo(60);
    assertThat(before.inForce()).isZero();
    assertThat(before.soakEndsAt()).isEqualTo(now.plusSeconds(10));
    assertThat(before.refusals()).containsOnlyKeys(Outlook.Choice.ADVANCE, Outlook.Choice.RESUME);

    promotion.approve("new", "canary:50", new By("ann", "bob", "a test"));
    Outlook after = promotion.outlook(promotion.get("new"));
    assertThat(after.inForce()).isPositive().isEqualTo(placeOf(before, "canary 50%").inForce());
    assertThat(after.takenOver())
        .as("the older policy comes back wherever the newer one leaves")
        .isEqualTo(after.inForce());
    assertThat(promotion.outlook(promotion.get("old")).inForce())
        .isEqualTo(60 - before.heldOut() - after.inForce());
    assertThat(placeOf(after, "enforce").inForce()).isEqualTo(60 - after.heldOut());

    promotion.rollBack("new", ANN);
    Outlook ended = promotion.outlook(promotion.get("new"));
    assertThat(ended.inForce()).isZero();
    assertThat(ended.next()).isNull();
    assertThat(ended.refusals()).containsOnlyKeys(Outlook.Choice.values());
  }

  private static Outlook.Place placeOf(Outlook outlook, String rung) {
    return outlook.ladder().stream()
        .filter(each -> each.rung().toString().equals(rung))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void kills_underCanary_takeBack() {
    promote(store(1, "talk", "pass", START.minusSeconds(3600)), "talk", "shadow");
    live(12);
    fleet.killUnderCanary();
    assertThat(live(10))
        .singleElement()
        .satisfies(look ->
            assertThat(gate(look.evaluation(), "kills").outcome())
                .isEqualTo(GateResult.Outcome.ROLL_BACK));
  }

  @Test
  void aServerThatRestartsBecauseOfADenial_takesBackAtOnce() {
    promote(store(1, "talk", "pass", START.minusSeconds(3600)), "talk", "shadow");
    live(3);
    fleet.report(now.minusMillis(500), GuardEvent.Kind.PANIC, "talk@1");
    assertThat(live(1).getFirst().action()).isEqualTo(Action.ROLLED_BACK);
  }

  @Test
  void missingData_holds_andLapsedLeasesPause_untilSomebodyResumes() {
    promote(store(1, "talk", "pass", START.minusSeconds(3600)), "talk", "shadow");
    live(5);
    fleet.fallSilent();
    assertThat(live(30)).isEmpty();
    assertThat(gate(promotion.look("talk").evaluation(), "data").reason())
        .contains("60 of 60 instances were not evaluated");

    fleet.report(now.minusMillis(500), GuardEvent.Kind.LEASE_EXPIRED, null);
    assertThat(live(1).getFirst().action()).isEqualTo(Action.PAUSED);
    assertThat(get("talk").paused()).isTrue();
    assertThat(live(5)).as("it is paused once").isEmpty();
    assertThat(promotion.resume("talk", ANN).rollout().paused()).isFalse();
    assertThat(live(3)).as("what was looked at does not pause again").isEmpty();
  }

  @Test
  void wouldBlocksBeyondWhatTheReplayForesees_holdInShadow() {
    fleet.blockUnder(policy -> true);
    promote(store(1, "talk", "pass", START.minusSeconds(3600)), "talk", "shadow");
    assertThat(live(30)).isEmpty();
    assertThat(gate(promotion.look("talk").evaluation(), "would-blocks").outcome())
        .isEqualTo(GateResult.Outcome.HOLD);
  }

  @Test
  void whatDidNotPass_waitsForAnApprover_whoStaysInTheAudit() {
    BacktestRun run = store(1, "talk", "inconclusive", START.minusSeconds(3600));
    promote(run, "talk", "shadow");
    assertThat(live(20)).isEmpty();
    assertThatThrownBy(() -> promote(run, "talk", "canary"))
        .isInstanceOf(PromotionRefusedException.class)
        .hasMessageContaining("INCONCLUSIVE")
        .hasMessageContaining("--approver NAME --reason WHY");

    promotion.approve("talk", null, new By("ann", "bob", "few kills so far"));
    assertThat(get("talk").canaryPercent()).isEqualTo(10);
    List<Look> news = live(40);
    assertThat(news.stream().map(look -> Rung.of(look.after()).toString()))
        .as("bob answered for this run; the live gates still count")
        .containsExactly("canary 50%", "enforce");
    List<RolloutStep> steps =
        rollouts.history(get("talk").rolloutId()).stream().map(RolloutEvent::step).toList();
    assertThat(steps.get(2).approver()).isEqualTo("bob");
    assertThat(steps.getLast().evidenceJson()).contains("\"approver\": \"bob\"");
  }

  @Test
  void aFailedRun_orAnOldRecording_opensNothing() {
    assertThatThrownBy(
            () -> promote(store(1, "bad", "fail", START.minusSeconds(3600)), "bad", "shadow"))
        .isInstanceOf(PromotionRefusedException.class)
        .hasMessageContaining("it failed");

    promote(store(2, "old", "pass", START.minusSeconds(20 * 86_400)), "old", "shadow");
    assertThat(live(20)).isEmpty();
    assertThat(gate(promotion.look("old").evaluation(), "backtest").reason())
        .contains("backtest a fresher one");
  }

  @Test
  void aRefusedFirstStep_leavesNothingBehind_soThatOtherSettingsCanBeTried() {
    BacktestRun run = store(1, "talk", "fail", START.minusSeconds(3600));
    assertThatThrownBy(() -> promote(run, "talk", "shadow"))
        .isInstanceOf(PromotionRefusedException.class)
        .hasMessageContaining("rollout talk is not made: backtest: it failed")
        .hasMessageContaining("--approver NAME --reason WHY");
    assertThat(rollouts.list()).isEmpty();
    assertThat(new PolicyStore(dataSource).list()).isEmpty();

    By approved = new By("ann", "bob", "only to watch it");
    promotion.promote(
        new Request(run, null, "talk", LABELS, GateSettings.DEFAULT, "shadow"), approved);
    assertThat(get("talk").stage()).isEqualTo(RolloutStage.SHADOW);
  }

  @Test
  void aNewRolloutInForce_retiresTheOneItReplaces_andNoOther() {
    enforce("wide", null);
    now = now.plusSeconds(1);
    enforce("narrow", Map.of("tier", "test"));
    assertThat(get("wide").stage()).as("it reaches more").isEqualTo(RolloutStage.ENFORCE);
    now = now.plusSeconds(1);
    enforce("wider", null);
    assertThat(get("wide").stage()).isEqualTo(RolloutStage.RETIRED);
    assertThat(get("narrow").stage()).isEqualTo(RolloutStage.RETIRED);
    assertThat(rollouts.history(get("wide").rolloutId()).getLast().step().reason())
        .isEqualTo("replaced by rollout wider");
  }

  @Test
  void aRollout_keepsItsPolicy_itsInstances_andItsGates() {
    BacktestRun run = store(1, "talk", "pass", START.minusSeconds(3600));
    promote(run, "talk", "shadow");
    BacktestRun other = store(2, "other", "pass", START.minusSeconds(3600));
    assertThatThrownBy(() -> promote(other, "talk", "canary"))
        .hasMessageContaining("promotes talk@1, and this run judged other@1");
    assertThatThrownBy(() ->
            promotion.promote(
                new Request(run, null, "talk", Map.of("tier", "x"), QUICK, "canary"), ANN))
        .hasMessageContaining("keeps its instances");
    assertThatThrownBy(() ->
            promotion.promote(
                new Request(run, null, "talk", null, GateSettings.DEFAULT, "canary"), ANN))
        .hasMessageContaining("keeps its gates");
    assertThatThrownBy(() -> promote(run, "talk", "canary:100"))
        .hasMessageContaining("canary:PERCENT");
    assertThatThrownBy(
            () -> promotion.promote(new Request(run, "nosuch", "x", null, null, "shadow"), ANN))
        .hasMessageContaining("it judged: talk");
    assertThatThrownBy(() -> promotion.pause("nosuch", ANN))
        .hasMessageContaining("headroom rollout list");
  }

  @Test
  void twoOperatorsAtOnce_oneWins_andTheOtherLearnsWho() throws Exception {
    promote(store(1, "talk", "pass", START.minusSeconds(3600)), "talk", "shadow");
    for (int round = 0; round < 10; round++) {
      String name = "talk";
      boolean pause = !get(name).paused();
      CyclicBarrier together = new CyclicBarrier(2);
      int won = 0;
      List<String> lost = new ArrayList<>();
      try (ExecutorService threads = Executors.newFixedThreadPool(2)) {
        List<Future<Done>> calls = new ArrayList<>();
        for (String who : List.of("ann", "bob")) {
          calls.add(
              threads.submit(() -> {
                together.await(10, TimeUnit.SECONDS);
                By by = new By(who, null, "round");
                return pause ? promotion.pause(name, by) : promotion.resume(name, by);
              }));
        }
        for (Future<Done> call : calls) {
          try {
            call.get(30, TimeUnit.SECONDS);
            won++;
          } catch (ExecutionException refused) {
            assertThat(refused)
                .cause()
                .isInstanceOfAny(RolloutConflictException.class, PromotionRefusedException.class);
            lost.add(String.valueOf(refused.getMessage()));
          }
        }
      }
      assertThat(won).as("winners of round " + round).isEqualTo(1);
      assertThat(lost).singleElement().asString().containsAnyOf("was first", "paused");
    }
    assertThat(get("talk").revision()).isEqualTo(1 + 10);
  }

  @Test
  void oneLeads_andTheNextWhenItIsGone() {
    try (LeaderLock first = LeaderLock.tryTake(dataSource, "test").orElseThrow()) {
      assertThat(first.isHeld()).isTrue();
      assertThat(LeaderLock.tryTake(dataSource, "test")).isEmpty();
      assertThat(LeaderLock.tryTake(dataSource, "other")).hasValueSatisfying(LeaderLock::close);
    }
    assertThat(LeaderLock.tryTake(dataSource, "test")).hasValueSatisfying(LeaderLock::close);
  }

  /** Lets the fleet live and the controller look, second by second; gives what was done. */
  private List<Look> live(int seconds) {
    List<Look> news = new ArrayList<>();
    for (int i = 0; i < seconds; i++) {
      now = now.plusSeconds(1);
      fleet.live(now);
      controller.tick().stream().filter(look -> look.action() != Action.NONE).forEach(news::add);
    }
    return news;
  }

  private Done promote(BacktestRun run, String rollout, String to) {
    boolean isNew = rollouts.find(rollout).isEmpty();
    return promotion.promote(
        new Request(run, null, rollout, isNew ? LABELS : null, isNew ? QUICK : null, to), ANN);
  }

  private void enforce(String name, @Nullable Map<String, String> labels) {
    BacktestRun run = store(name.hashCode(), name, "pass", START.minusSeconds(3600));
    By approved = new By("ann", "bob", "at once");
    promotion.promote(new Request(run, null, name, labels, QUICK, "enforce"), approved);
    assertThat(get(name).stage()).isEqualTo(RolloutStage.ENFORCE);
  }

  private Rollout get(String name) {
    return rollouts.find(name).orElseThrow().rollout();
  }

  private static int figure(GateResult gate, String name) {
    return Integer.parseInt(String.valueOf(gate.figures().get(name)));
  }

  private static GateResult gate(Evaluation evaluation, String name) {
    return evaluation.gates().stream()
        .filter(each -> each.gate().equals(name))
        .findFirst()
        .orElseThrow();
  }

  /**
   * A stored run of one policy, as far as promotion reads it: 12 kills and 12 justified blocks in
   * half an instance-day.
   */
  private BacktestRun store(long number, String policy, String outcome, Instant recordedUntil) {
    String manifest =
        """
        {"ends_at": "%s", "false_blocks_per_1000_instance_days_goal": 10.0,
         "policies": [{"name": "%s", "kind": "candidate", "formula": "memory_max - %s * shmem", "cadence_ms": 0, "lag_ms": 0,
                       "minimum_bytes": null, "maximum_bytes": null},
                      {"name": "never", "kind": "never", "formula": null, "cadence_ms": 0, "lag_ms": 0}]}
        """
            .formatted(recordedUntil, policy, number);
    String result =
        """
        {"manifest": %s, "recording": {"kills": []},
         "policies": [{"name": "%s", "kind": "candidate", "instance_days": 0.5, "kills": {"total": 12},
                       "blocks": {"justified": 12, "false": 0, "undecided": 0},
                       "pessimistic_blocks": {"justified": 12, "false": 0, "undecided": 0},
                       "verdict": {"outcome": "%s", "reasons": ["made up"]}}],
         "parity": null}
        """
            .formatted(manifest, policy, outcome);
    BacktestRun run =
        new BacktestRun(
            new UUID(1, number),
            BacktestRun.RUN,
            START,
            null,
            "sha256:" + number,
            "test",
            manifest,
            result);
    new BacktestStore(dataSource).save(run, List.of());
    return run;
  }
}
