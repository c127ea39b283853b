package dev.headroom.promotion;

import dev.headroom.model.BacktestRun;
import dev.headroom.model.rollout.PolicyVersion;
import dev.headroom.model.rollout.Rollout;
import dev.headroom.model.rollout.RolloutStage;
import dev.headroom.model.rollout.RolloutStep;
import dev.headroom.promotion.RolloutMachine.Allowed;
import dev.headroom.promotion.RolloutMachine.Position;
import dev.headroom.promotion.RolloutMachine.Refused;
import dev.headroom.store.PolicyStore;
import dev.headroom.store.RolloutStore;
import dev.headroom.store.RolloutStore.Change;
import dev.headroom.store.RolloutStore.Draft;
import dev.headroom.store.RolloutStore.Kept;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * What people do with rollouts; the command line and the web process call the same. Every step is
 * asked of {@link RolloutMachine}, with what {@link Gates} say, and kept with its audit. Safe for
 * use by several threads.
 *
 * <p>A step that was decided on an outdated state throws {@link
 * dev.headroom.store.RolloutConflictException}, which says who was first. A step on a rollout as it
 * was seen is one that was decided on then; one by name is decided now.
 */
public final class Promotion {

  private final RolloutStore rollouts;
  private final PolicyStore policies;
  private final SituationReader situations;
  private final InstantSource clock;

  public Promotion(DataSource dataSource, InstantSource clock) {
    rollouts = new RolloutStore(dataSource);
    policies = new PolicyStore(dataSource);
    situations = new SituationReader(dataSource);
    this.clock = clock;
  }

  /**
   * Who does something, and why.
   *
   * @param actor by name
   * @param approver who answers for a step that its gates do not open; absent to go by the gates
   * @param reason in words
   */
  public record By(String actor, @Nullable String approver, String reason) {
    public By {
      if (actor.isBlank() || reason.isBlank() || (approver != null && approver.isBlank())) {
        throw new PromotionRefusedException(
            "a step names who makes it, and why; an approver has a name");
      }
    }
  }

  /**
   * A policy of a stored run that is to go somewhere.
   *
   * @param run the run
   * @param policyName which of its policies; absent when it judged but one
   * @param rolloutName what the rollout is called; absent for the policy's name
   * @param instanceLabels the instances it may reach; of a rollout that is there already, absent or
   *     the same
   * @param settings what its steps ask for; likewise
   * @param to where: {@code shadow}, {@code canary}, {@code canary:PERCENT} or {@code enforce}
   */
  public record Request(
      BacktestRun run,
      @Nullable String policyName,
      @Nullable String rolloutName,
      @Nullable Map<String, String> instanceLabels,
      @Nullable GateSettings settings,
      String to) {}

  /**
   * A rollout after something was done to it, or not.
   *
   * @param rollout as it is now
   * @param evaluation what its gates said just before
   */
  public record Done(Rollout rollout, Evaluation evaluation) {}

  /**
   * Takes a policy of a run to a place on the ladder: makes the policy's version and the rollout
   * where they are not there, and then every step between that the gates or the approver allow. A
   * rollout whose first step is refused is not made, nor its policy's version.
   *
   * @throws PromotionRefusedException when the request makes no sense, or gates hold
   */
  public Done promote(Request request, By by) {
    BacktestEvidence evidence =
        BacktestEvidence.of(
            request.run(), situations.recordingEnd(request.run()), request.policyName());
    String name = request.rolloutName() == null ? evidence.policy().name() : request.rolloutName();
    GateSettings settings = request.settings() == null ? GateSettings.DEFAULT : request.settings();
    Kept existing = rollouts.find(name).orElse(null);
    Rung to =
        Rung.parse(
            request.to(),
            existing == null
                ? settings.ladder()
                : GateSettings.parse(existing.gatesJson()).ladder());
    if (existing == null) {
      requireFirstStep(name, evidence, request, settings, by);
    }
    PolicyVersion policy = version(evidence, existing, by);
    Kept kept = existing == null ? make(name, policy, request, settings, by) : existing;
    requireSame(kept, policy, request);
    if (kept.rollout().stage() == RolloutStage.OFF && to.stage() != RolloutStage.SHADOW) {
      Done shadow = advance(kept, Rung.SHADOW, by, evidence.runId());
      kept = new Kept(shadow.rollout(), kept.gatesJson());
    }
    return advance(kept, to, by, evidence.runId());
  }

  /**
   * Takes a rollout on because somebody answers for it, whatever its gates say, unless it does
   * harm.
   *
   * @param to where; absent for the next step
   * @throws PromotionRefusedException when there is no such rollout or step
   */
  public Done approve(String rolloutName, @Nullable String to, By by) {
    return approve(get(rolloutName), to, by);
  }

  /** The same for a rollout as it was seen. */
  public Done approve(Kept seen, @Nullable String to, By by) {
    if (by.approver() == null) {
      throw new PromotionRefusedException("an approval names who answers for it");
    }
    return advance(seen, to == null ? next(seen) : rung(to, ladder(seen)), by, null);
  }

  /**
   * Takes a rollout, as it was seen, to the next step because every gate is open.
   *
   * @throws PromotionRefusedException when one is not, or there is no next step
   */
  public Done advance(Kept seen, By by) {
    if (by.approver() != null) {
      throw new PromotionRefusedException("a step by the gates has no approver");
    }
    return advance(seen, next(seen), by, null);
  }

  /** Goes no further until resumed; what is in force stays. */
  public Done pause(String rolloutName, By by) {
    return pause(get(rolloutName), by);
  }

  /** The same for a rollout as it was seen. */
  public Done pause(Kept seen, By by) {
    return move(seen, new Move.Pause(), by);
  }

  /** Goes on after a pause. */
  public Done resume(String rolloutName, By by) {
    return resume(get(rolloutName), by);
  }

  /** The same for a rollout as it was seen. */
  public Done resume(Kept seen, By by) {
    return move(seen, new Move.Resume(), by);
  }

  /** Takes a rollout back; its policy is in force nowhere. */
  public Done rollBack(String rolloutName, By by) {
    return rollBack(get(rolloutName), by);
  }

  /** The same for a rollout as it was seen. */
  public Done rollBack(Kept seen, By by) {
    return move(seen, new Move.RollBack(), by);
  }

  /** Ends a rollout that is no longer wanted. */
  public Done retire(String rolloutName, By by) {
    return retire(get(rolloutName), by);
  }

  /** The same for a rollout as it was seen. */
  public Done retire(Kept seen, By by) {
    return move(seen, new Move.Retire(), by);
  }

  /** Where a rollout stands, how it goes on, and what can be done about it. */
  public Outlook outlook(Kept kept) {
    return Outlook.of(situation(kept), rollouts.listActive().stream().map(Kept::rollout).toList());
  }

  /** What the gates of a rollout say now. */
  public Done look(String rolloutName) {
    Kept kept = get(rolloutName);
    return new Done(kept.rollout(), evaluate(kept));
  }

  /**
   * The rollout of this name with its settings.
   *
   * @throws PromotionRefusedException when there is none
   */
  public Kept get(String rolloutName) {
    return rollouts
        .find(rolloutName)
        .orElseThrow(() ->
            new PromotionRefusedException(
                "there is no rollout '" + rolloutName + "'; `headroom rollout list` names them"));
  }

  private static Ladder ladder(Kept kept) {
    return GateSettings.parse(kept.gatesJson()).ladder();
  }

  private static Rung next(Kept kept) {
    return ladder(kept)
        .after(Rung.of(kept.rollout()))
        .orElseThrow(() ->
            new PromotionRefusedException(
                "rollout %s is %s: there is no next step"
                    .formatted(kept.rollout().name(), Rung.of(kept.rollout()))));
  }

  Situation situation(Kept kept) {
    return situations.read(kept, null, now());
  }

  private Evaluation evaluate(Kept kept) {
    return Gates.evaluate(situation(kept));
  }

  /** One step, by the gates or by an approver, with the run that is its evidence. */
  private Done advance(Kept kept, Rung to, By by, @Nullable UUID runId) {
    Situation situation = situations.read(kept, runId, now());
    Evaluation evaluation = Gates.evaluate(situation);
    BacktestEvidence evidence = situation.evidence();
    return move(
        kept,
        new Move.Advance(to, authority(by, evaluation)),
        by,
        evaluation,
        evidence == null ? null : evidence.runId());
  }

  private Done move(Kept kept, Move move, By by) {
    return move(kept, move, by, evaluate(kept), null);
  }

  /** Does a move that was judged on this evaluation. */
  Done move(Kept kept, Move move, By by, Evaluation evaluation, @Nullable UUID runId) {
    Rollout rollout = kept.rollout();
    Allowed allowed =
        requireAllowed(
            "rollout %s stays at %s".formatted(rollout.name(), Rung.of(rollout)),
            new Position(Rung.of(rollout), rollout.paused()),
            move,
            ladder(kept),
            by,
            evaluation);
    Rung rung = allowed.position().rung();
    RolloutStep step = step(allowed.kind(), rung, by, runId, evaluation);
    List<Change> changes = new ArrayList<>(List.of(new Change(rollout, step)));
    if (rung.equals(Rung.ENFORCE)) {
      changes.addAll(replacedBy(rollout, by, evaluation.at()));
    }
    return new Done(rollouts.change(changes).getFirst(), evaluation);
  }

  /** Whether a rollout may leave off at all, asked before it is made: its settings are for ever. */
  private void requireFirstStep(
      String name, BacktestEvidence evidence, Request request, GateSettings settings, By by) {
    Instant now = now();
    Rollout planned =
        new Rollout(
            UUID.randomUUID(),
            name,
            evidence.policy().name(),
            labels(request),
            RolloutStage.OFF,
            null,
            false,
            now,
            now,
            0);
    Evaluation evaluation =
        Gates.evaluate(
            new Situation(planned, settings, evidence, null, now, now, 0, List.of(), now));
    requireAllowed(
        "rollout %s is not made".formatted(name),
        new Position(Rung.OFF, false),
        new Move.Advance(Rung.SHADOW, authority(by, evaluation)),
        settings.ladder(),
        by,
        evaluation);
  }

  private static Allowed requireAllowed(
      String otherwise, Position from, Move move, Ladder ladder, By by, Evaluation evaluation) {
    return switch (RolloutMachine.answer(from, move, ladder)) {
      case Allowed allowed -> allowed;
      case Refused(String why) ->
          throw new PromotionRefusedException(
              otherwise + ": " + why,
              move instanceof Move.Advance && by.approver() == null
                  ? "; wait, or have somebody answer for it: --approver NAME --reason WHY"
                  : "",
              move instanceof Move.Advance ? evaluation : null);
    };
  }

  private static Authority authority(By by, Evaluation evaluation) {
    return by.approver() == null
        ? new Authority.Gates(evaluation)
        : new Authority.Approval(by.approver(), evaluation);
  }

  /** Older rollouts in force that reach no instance which the new one does not reach too. */
  private List<Change> replacedBy(Rollout rollout, By by, Instant at) {
    return rollouts.listActive().stream()
        .map(Kept::rollout)
        .filter(each -> each.stage() == RolloutStage.ENFORCE)
        .filter(each -> !each.rolloutId().equals(rollout.rolloutId()))
        .filter(each -> each.createdAt().isBefore(rollout.createdAt()))
        .filter(each ->
            each.instanceLabels().entrySet().containsAll(rollout.instanceLabels().entrySet()))
        .map(each ->
            new Change(
                each,
                new RolloutStep(
                    RolloutStep.Kind.TRANSITION,
                    RolloutStage.RETIRED,
                    null,
                    by.actor(),
                    null,
                    "replaced by rollout " + rollout.name(),
                    null,
                    "{}",
                    at)))
        .toList();
  }

  private PolicyVersion version(BacktestEvidence evidence, @Nullable Kept existing, By by) {
    if (existing == null) {
      return register(evidence, evidence.policy().name(), by);
    }
    PolicyVersion known = policies.find(existing.rollout().policyId()).orElseThrow();
    return BacktestEvidence.renamed(evidence.policy(), known.policy().name()).equals(known.policy())
        ? known
        : register(evidence, evidence.policy().name(), by);
  }

  private PolicyVersion register(BacktestEvidence evidence, String name, By by) {
    try {
      return policies.register(BacktestEvidence.renamed(evidence.policy(), name), by.actor());
    } catch (IllegalArgumentException e) {
      throw new PromotionRefusedException(String.valueOf(e.getMessage()));
    }
  }

  private Kept make(
      String name, PolicyVersion policy, Request request, GateSettings settings, By by) {
    String gates = settings.toJson();
    RolloutStep step =
        new RolloutStep(
            RolloutStep.Kind.TRANSITION,
            RolloutStage.OFF,
            null,
            by.actor(),
            by.approver(),
            by.reason(),
            request.run().runId(),
            "{}",
            now());
    return rollouts
        .create(new Draft(name, policy.policyId(), labels(request), gates), step)
        .map(made -> new Kept(made, gates))
        .orElseGet(() -> get(name));
  }

  private static Map<String, String> labels(Request request) {
    return request.instanceLabels() == null ? Map.of() : request.instanceLabels();
  }

  private static Rung rung(String text, Ladder ladder) {
    try {
      return Rung.parse(text, ladder);
    } catch (IllegalArgumentException e) {
      throw new PromotionRefusedException(String.valueOf(e.getMessage()));
    }
  }

  private static void requireSame(Kept kept, PolicyVersion policy, Request request) {
    Rollout rollout = kept.rollout();
    if (!rollout.policyId().equals(policy.policyId())) {
      throw new PromotionRefusedException(
          "rollout %s promotes %s, and this run judged %s; a rollout keeps its policy: choose another name with --name"
              .formatted(rollout.name(), rollout.policyId(), policy.policyId()));
    }
    if (request.instanceLabels() != null
        && !request.instanceLabels().equals(rollout.instanceLabels())) {
      throw new PromotionRefusedException(
          "rollout %s reaches the instances with %s; a rollout keeps its instances: choose another name with --name"
              .formatted(rollout.name(), rollout.instanceLabels()));
    }
    if (request.settings() != null
        && !request.settings().equals(GateSettings.parse(kept.gatesJson()))) {
      throw new PromotionRefusedException(
          "rollout %s has other gates; a rollout keeps its gates: choose another name with --name"
              .formatted(rollout.name()));
    }
  }

  private static RolloutStep step(
      RolloutStep.Kind kind, Rung rung, By by, @Nullable UUID runId, Evaluation evaluation) {
    return new RolloutStep(
        kind,
        rung.stage(),
        rung.canaryPercent(),
        by.actor(),
        by.approver(),
        by.reason(),
        runId,
        evaluation.toJson(),
        evaluation.at());
  }

  private Instant now() {
    return clock.instant().truncatedTo(ChronoUnit.MICROS);
  }
}
