package dev.headroom.launcher;

import dev.headroom.cli.BacktestRunner;
import dev.headroom.cli.CommandFailure;
import dev.headroom.cli.ExitCode;
import dev.headroom.cli.LibraryCandidates;
import dev.headroom.cli.OpenDatabase;
import dev.headroom.cli.RecordingSource;
import dev.headroom.cli.StoredRuns;
import dev.headroom.cli.Terminal;
import dev.headroom.cli.TextTable;
import dev.headroom.engine.backtest.BacktestConfig;
import dev.headroom.engine.backtest.BacktestResult;
import dev.headroom.engine.backtest.Candidate;
import dev.headroom.engine.backtest.PolicyResult;
import dev.headroom.lab.Fleet;
import dev.headroom.lab.FleetRound;
import dev.headroom.lab.FleetServer;
import dev.headroom.lab.LabException;
import dev.headroom.lab.Scenario;
import dev.headroom.model.BacktestRun;
import dev.headroom.model.GuardMode;
import dev.headroom.model.Policy;
import dev.headroom.model.Recording;
import dev.headroom.model.rollout.Buckets;
import dev.headroom.model.rollout.Rollout;
import dev.headroom.model.rollout.RolloutEvent;
import dev.headroom.model.rollout.RolloutStage;
import dev.headroom.promotion.Evaluation;
import dev.headroom.promotion.GateResult;
import dev.headroom.promotion.GateSettings;
import dev.headroom.promotion.Promotion;
import dev.headroom.promotion.Promotion.By;
import dev.headroom.promotion.Promotion.Request;
import dev.headroom.promotion.PromotionRefusedException;
import dev.headroom.promotion.Rung;
import dev.headroom.store.CustodyStore;
import dev.headroom.store.GuardStopStore;
import dev.headroom.store.RolloutStore;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The loop from the first kill to the guard that prevents it, and back again: kills without a
 * guard, a backtest over exactly those, the winner up the ladder, the same load under it; then a
 * policy that is bad, which nobody but the guardrail takes back; then the stop of everything.
 */
final class LoopRun {

  /**
   * Fast-forward: what takes days on real servers takes seconds here. Nothing else is different.
   */
  private static final GateSettings GATES =
      GateSettings.parse(
          """
          {"automatic": true, "shadow_soak_ms": 3000, "canary_soak_ms": 2000, "minimum_decisions": 6,
           "decision_stands_ms": 2000, "silence_ms": 20000, "troubles_to_pause": 50}
          """);

  /**
   * Kills of different kinds, each the work of one statement: a replay takes a refused statement of
   * several that share the blame for a false block, and no gate would ever open by itself.
   */
  private static final List<String> SCENARIOS =
      List.of("huge-sort", "aggregate", "parallel-hash-shm", "maintenance", "neighbour");

  /** How long the gates get to open a step by themselves. */
  private static final Duration PATIENCE = Duration.ofSeconds(8);

  /** No limit that anybody would choose: it is below what one statement of the bait takes. */
  private static final Policy BAD = Policy.of("too-small", "20MiB");

  private static final int BAD_ROUNDS = 12;

  /** A lab has minutes for what takes a fleet weeks. */
  private static final Duration CONTROLLER_TICK = Duration.ofMillis(250);

  private static final String BACKTEST_GATE = "backtest";
  private static final String BLOCKS_GATE = "blocks";

  private static final String ACTOR = "headroom lab loop";
  private static final String REFERENCE = "talk";
  private static final Duration CALM = Duration.ofSeconds(2);
  private static final Duration STOP_PATIENCE = Duration.ofSeconds(15);
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("HH:mm:ss", Locale.ROOT).withZone(ZoneOffset.UTC);

  private final Terminal terminal;
  private final Consumer<String> results;
  private final Consumer<BacktestResult> onVerdicts;
  private final OpenDatabase database;
  private final FleetSession session;
  private final OrderlyEnd end;
  private final Fleet fleet;
  private final int rounds;
  private final String approver;
  private final Promotion promotion;
  private final RolloutStore rollouts;
  private final GuardStopStore stops;
  private int step;

  /**
   * @param results takes what is a result; talk goes to the terminal
   * @param onVerdicts shows what the backtest came to
   * @param end of the work that this is a part of
   * @param rounds of the load, before and after
   * @param approver answers for what the gates do not open
   */
  LoopRun(
      Terminal terminal,
      Consumer<String> results,
      Consumer<BacktestResult> onVerdicts,
      OpenDatabase database,
      FleetSession session,
      OrderlyEnd end,
      int rounds,
      String approver) {
    this.terminal = terminal;
    this.results = results;
    this.onVerdicts = onVerdicts;
    this.database = database;
    this.session = session;
    this.end = end;
    this.fleet = session.fleet();
    this.rounds = rounds;
    this.approver = approver;
    this.promotion = database.promotion();
    this.rollouts = database.rollouts();
    this.stops = database.stops();
  }

  /** What the servers of a fleet go through, in turn. */
  static List<Scenario> scenarios(int servers) {
    return IntStream.range(0, servers)
        .mapToObj(i -> LabCommand.find(SCENARIOS.get(i % SCENARIOS.size())))
        .toList();
  }

  /**
   * Makes sure that the loop stops nobody else's guards.
   *
   * @throws CommandFailure when rollouts of others are live in this database
   */
  static void requireOwnDatabase(OpenDatabase database) {
    List<String> live =
        database.rollouts().listActive().stream().map(kept -> kept.rollout().name()).toList();
    if (!live.isEmpty()) {
      throw new CommandFailure(
          ExitCode.USAGE,
          "this database has rollouts (%s), and the loop stops every guard for some seconds; retire them, or give it another database with --db-url"
              .formatted(String.join(", ", live)));
    }
    if (database.stops().find().isPresent()) {
      throw new CommandFailure(
          ExitCode.USAGE,
          "every guard is stopped in this database; lift that first: headroom stop-all --lift --reason WHY");
    }
  }

  /**
   * Runs it. Whatever happens, no rollout and no stop of it holds afterwards.
   *
   * @param firstStep the number of what it says first
   * @throws LabException when the lab itself went wrong
   */
  LoopReport run(int firstStep) {
    step = firstStep - 1;
    Instant began = Instant.now();
    ControllerLoop controller =
        ControllerLoop.start(
            database, CONTROLLER_TICK, failure -> tell("the controller failed: " + failure));
    try {
      return run(began);
    } finally {
      end.undo(() -> {
        controller.close();
        cleanUp();
      });
    }
  }

  private LoopReport run(Instant began) {
    say("%d servers, each in a cgroup of its own, every guard off".formatted(size()));
    Instant from = Instant.now();
    List<FleetRound> before = rounds();
    Recording recording = session.record("before", from);
    int stored = session.storedKills(recording).size();
    long counted = before.stream().mapToLong(FleetRound::oomKills).sum();
    tell("the kernel killed %d times, %d are stored".formatted(counted, stored));

    say("every formula of the library, replayed over exactly that");
    BacktestResult judged = judge(recording, LibraryCandidates.list());
    onVerdicts.accept(judged);
    BacktestRun run = save(judged);
    BestFormula candidates =
        new BestFormula(judged, Duration.between(recording.startsAt(), recording.endsAt()));
    PolicyResult best =
        candidates
            .find()
            .orElseThrow(() -> new LabException("no formula prevents a kill; nothing to promote"));

    String good = "loop-" + session.runId();
    say("%s goes up the ladder, in fast-forward, by the controller".formatted(best.name()));
    candidates.reasons(best).forEach(this::tell);
    tell(
        "one server of %d is held out for ever: %s"
            .formatted(size(), fleet.servers().getLast().name()));
    climb(good, run, best.name());

    say("the same load, with %s in force".formatted(best.name()));
    List<FleetRound> after = rounds();
    FleetComparison comparison = new FleetComparison(before, after);
    results.accept(comparison.render(terminal));

    say("a policy that is bad, %s = %s".formatted(BAD.name(), BAD.formulaText()));
    LoopReport.Rollback rollback = promoteBad(recording);

    say("every guard off, everywhere");
    List<LoopReport.Stop> stopped = stopAll();

    say("who did what");
    List<String> both = List.of(good, badRollout());
    results.accept(historyTable(both));

    say("one block, back to the recording it was decided on");
    Optional<CustodyStore.Chain> custody =
        database.custody().findLastBlock(promotion.get(good).rollout().rolloutId(), began);
    custody.ifPresent(chain -> results.accept(CustodyText.of(chain)));
    return new LoopReport(
        session.runId(),
        fleet.servers(),
        recording.name(),
        stored,
        counted,
        run.runId(),
        promotion.get(good).rollout().policyId(),
        comparison,
        rollback,
        stopped,
        both.stream().flatMap(name -> history(name).stream()).toList(),
        custody.orElse(null),
        Duration.between(began, Instant.now()));
  }

  private List<FleetRound> rounds() {
    List<FleetRound> done = new ArrayList<>();
    while (done.size() < rounds) {
      pause(CALM);
      FleetRound round = fleet.run();
      tell(
          "round %d: %d kills, %d sessions lost, %d blocks, %d of them false"
              .formatted(
                  round.number(),
                  round.oomKills(),
                  round.sessionsLost(),
                  round.blocks(),
                  round.falseBlocks()));
      done.add(round);
    }
    return done;
  }

  private BacktestResult judge(Recording recording, List<Candidate> candidates) {
    BacktestConfig config =
        candidates.size() > 1
            ? BacktestConfig.DEFAULT.withAgainst(REFERENCE)
            : BacktestConfig.DEFAULT;
    return new BacktestRunner(terminal)
        .run(
            new RecordingSource.Stored(recording, false, database.recordings()),
            candidates,
            config);
  }

  private BacktestRun save(BacktestResult result) {
    UUID runId = StoredRuns.save(database.backtests(), result, Instant.now());
    return database.backtests().find(runId).orElseThrow();
  }

  /** Goes up to enforce; bait goes on all the while. */
  private void climb(String name, BacktestRun run, String policyName) {
    shadow(name, run, policyName, "best of its backtest");
    int told = 0;
    Instant moved = Instant.now();
    while (true) {
      List<RolloutEvent> events = history(name);
      if (events.size() > told) {
        Rollout rollout = promotion.get(name).rollout();
        events.subList(told, events.size()).forEach(event -> tell(wording(event, rollout)));
        told = events.size();
        moved = Instant.now();
        if (rollout.stage() == RolloutStage.ENFORCE) {
          awaitReached(rollout);
          return;
        }
        if (rollout.stage().isEnd()) {
          throw new LabException(name + " did not come to enforce: it is " + Rung.of(rollout));
        }
      }
      Evaluation gates = promotion.look(name).evaluation();
      boolean waited = Duration.between(moved, Instant.now()).compareTo(PATIENCE) > 0;
      if (waited || holdsOnlyForMoreEvidence(gates)) {
        approve(name, null, "a lab has minutes, not days; " + gates.reason());
      }
      fleet.runBait();
    }
  }

  /** Whether waiting is of no use: a stored run gets no better. */
  private static boolean holdsOnlyForMoreEvidence(Evaluation gates) {
    List<String> closed =
        gates.gates().stream()
            .filter(gate -> gate.outcome() != GateResult.Outcome.OPEN)
            .map(GateResult::gate)
            .toList();
    return closed.equals(List.of(BACKTEST_GATE));
  }

  /** To shadow by the gates, or else with a name that answers for it. */
  private void shadow(String name, BacktestRun run, String policyName, String reason) {
    Request request =
        new Request(run, policyName, name, session.labels(), GATES, RolloutStage.SHADOW.label());
    try {
      promotion.promote(request, new By(ACTOR, null, reason));
    } catch (PromotionRefusedException refused) {
      tell(String.valueOf(refused.getMessage()));
      promotion.promote(request, new By(ACTOR, approver, reason));
    }
  }

  private void approve(String name, @Nullable String to, String reason) {
    try {
      promotion.approve(name, to, new By(ACTOR, approver, reason));
    } catch (PromotionRefusedException refused) {
      // The controller may have been faster, or takes it back.
      tell(String.valueOf(refused.getMessage()));
    }
  }

  private LoopReport.Rollback promoteBad(Recording recording) {
    String name = badRollout();
    BacktestRun run = save(judge(recording, List.of(Candidate.parse(BAD))));
    shadow(name, run, BAD.name(), "somebody was sure");
    Rollout rollout = promotion.get(name).rollout();
    int percent = 50;
    if (reached(rollout.rolloutId(), percent).isEmpty()) {
      percent = 99;
    }
    List<FleetServer> reached = reached(rollout.rolloutId(), percent);
    Instant live = Instant.now();
    approve(name, "canary:" + percent, "somebody was sure");
    tell(
        "approved by %s against its gates: canary %d%%, in force on %d servers"
            .formatted(approver, percent, reached.size()));
    long blocks = 0;
    for (int round = 0; round < BAD_ROUNDS && !hasEnded(name); round++) {
      blocks += fleet.runBait().blocks();
    }
    Optional<RolloutEvent> end =
        history(name).stream().filter(event -> event.step().stage().isEnd()).findFirst();
    fleet.awaitGuards(
        (_, guard) ->
            guard.limit().filter(limit -> limit.policyId().startsWith(BAD.name())).isEmpty(),
        STOP_PATIENCE);
    Duration elapsed = Duration.between(live, Instant.now());
    if (end.isEmpty()) {
      return new LoopReport.Rollback(
          rollout.policyId(), null, reached.size(), blocks, null, null, elapsed);
    }
    JsonNode figures = blocksGate(end.get().step().evidenceJson());
    LoopReport.Rollback rollback =
        new LoopReport.Rollback(
            rollout.policyId(),
            end.get().step().actor(),
            reached.size(),
            blocks,
            figures.path("observed").intValue(0),
            figures.path("alarm_from_events").intValue(0),
            elapsed);
    tell(
        "rolled back by the %s after %d blocks (it had said: from %d on), %.1f s after it went live, in force nowhere"
            .formatted(
                rollback.rolledBackBy(),
                rollback.events(),
                rollback.alarmFromEvents(),
                elapsed.toMillis() / 1000.0));
    tell("  " + end.get().step().reason());
    return rollback;
  }

  private static JsonNode blocksGate(String evidenceJson) {
    for (JsonNode gate : JsonMapper.shared().readTree(evidenceJson).path("gates")) {
      if (gate.path("gate").asString("").equals(BLOCKS_GATE)) {
        return gate.path("figures");
      }
    }
    return JsonMapper.shared().missingNode();
  }

  private List<LoopReport.Stop> stopAll() {
    List<LoopReport.Stop> measured = new ArrayList<>();
    stops.stop(ACTOR, "to see how long it takes");
    measured.add(stop("stop-all", true));
    stops.lift(ACTOR, "it was seen");
    measured.add(stop("stop-all --lift", false));
    session.cutFromDatabase();
    try {
      session.stopNode("to see how long it takes without a database", ACTOR);
      measured.add(stop("stop-all --node, without a database", true));
      session.liftNode("it was seen", ACTOR);
      measured.add(stop("stop-all --lift --node, without a database", false));
    } finally {
      session.reconnectToDatabase();
    }
    return measured;
  }

  /** Looks at the segments until they are stopped, or as the rollout has them. */
  private LoopReport.Stop stop(String what, boolean off) {
    Optional<Duration> elapsed =
        fleet.awaitGuards(
            (server, guard) ->
                guard.mode()
                    == (off
                        ? GuardMode.OFF
                        : server.heldOut() ? GuardMode.SHADOW : GuardMode.ENFORCE),
            STOP_PATIENCE);
    tell(
        "%s: %s (a tick is %d ms)"
            .formatted(
                what,
                elapsed
                    .map(each ->
                        "%d of %d guards after %d ms".formatted(size(), size(), each.toMillis()))
                    .orElse("not every guard within " + STOP_PATIENCE.toSeconds() + " s"),
                FleetSession.TICK.toMillis()));
    return new LoopReport.Stop(what, elapsed.orElse(null), FleetSession.TICK);
  }

  /** The decisions of a stage reach the guards at the collector's next tick. */
  private void awaitReached(Rollout rollout) {
    Optional<Duration> told =
        fleet.awaitGuards(
            (server, guard) -> server.heldOut() || guard.mode() == GuardMode.ENFORCE,
            STOP_PATIENCE);
    if (told.isEmpty()) {
      throw new LabException(
          rollout.name() + " is in enforce, and not every guard was told; see the collector");
    }
  }

  private List<FleetServer> reached(UUID rolloutId, int percent) {
    return fleet.servers().stream()
        .filter(server -> !server.heldOut())
        .filter(server ->
            Buckets.isReached(Buckets.canaryBucket(rolloutId, server.instanceId()), percent))
        .toList();
  }

  private String wording(RolloutEvent event, Rollout rollout) {
    Rung rung = new Rung(event.step().stage(), event.step().canaryPercent());
    Integer percent = event.step().canaryPercent();
    int inForce =
        switch (event.step().stage()) {
          case CANARY -> reached(rollout.rolloutId(), percent == null ? 0 : percent).size();
          case ENFORCE -> reached(rollout.rolloutId(), 100).size();
          case OFF, SHADOW, ROLLED_BACK, RETIRED -> 0;
        };
    String by =
        event.step().approver() == null
            ? event.step().actor()
            : event.step().approver() + " answers for it";
    return "%s  %-11s in force on %d of %d, %s: %s"
        .formatted(
            TIME.format(event.step().occurredAt()),
            rung,
            inForce,
            size(),
            by,
            event.step().reason());
  }

  private String historyTable(List<String> names) {
    TextTable table = new TextTable("at", "policy", "to", "by", "approver", "why");
    for (String name : names) {
      String policyId = promotion.get(name).rollout().policyId();
      for (RolloutEvent event : history(name)) {
        String approvedBy = event.step().approver();
        table.add(
            TIME.format(event.step().occurredAt()),
            policyId,
            new Rung(event.step().stage(), event.step().canaryPercent()),
            event.step().actor(),
            approvedBy == null ? "" : approvedBy,
            event.step().reason());
      }
    }
    return table.render(terminal);
  }

  private void cleanUp() {
    session.reconnectToDatabase();
    stops.lift(ACTOR, "the loop is over");
    for (RolloutStore.Kept kept : rollouts.listActive()) {
      if (kept.rollout().instanceLabels().equals(session.labels())) {
        promotion.retire(kept.rollout().name(), new By(ACTOR, null, "the loop is over"));
      }
    }
  }

  private List<RolloutEvent> history(String name) {
    return rollouts.history(promotion.get(name).rollout().rolloutId());
  }

  private boolean hasEnded(String name) {
    return promotion.get(name).rollout().stage().isEnd();
  }

  private String badRollout() {
    return "loop-" + session.runId() + "-" + BAD.name();
  }

  private int size() {
    return fleet.servers().size();
  }

  private void say(String what) {
    step++;
    terminal.say(step + ". " + what);
  }

  private void tell(String what) {
    terminal.say("   " + what);
  }

  private static void pause(Duration duration) {
    try {
      Thread.sleep(duration);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new LabException("interrupted", e);
    }
  }
}
