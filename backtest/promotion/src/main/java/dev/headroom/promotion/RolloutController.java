package dev.headroom.promotion;

import dev.headroom.model.rollout.Rollout;
import dev.headroom.promotion.Promotion.By;
import dev.headroom.promotion.Promotion.Done;
import dev.headroom.store.RolloutConflictException;
import dev.headroom.store.RolloutStore;
import dev.headroom.store.RolloutStore.Kept;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import javax.sql.DataSource;

/**
 * Looks after every rollout that has not ended: takes back what does harm, pauses what is odd, and
 * takes an automatic one upwards when every gate is open. What it did is in the audit; it remembers
 * nothing, so it may die at any moment and another may go on.
 *
 * <p>One leads at a time (see {@link dev.headroom.store.LeaderLock}); two would do no harm, since
 * the slower one is refused.
 */
public final class RolloutController {

  /** The name that its steps are audited under. */
  public static final String ACTOR = "controller";

  /** What leads are named after. */
  public static final String LEADERSHIP = "rollouts";

  private final RolloutStore rollouts;
  private final Promotion promotion;

  public RolloutController(DataSource dataSource, InstantSource clock) {
    rollouts = new RolloutStore(dataSource);
    promotion = new Promotion(dataSource, clock);
  }

  /** What was done to a rollout. */
  public enum Action {
    /** Nothing: it waits, or is where it should be. */
    NONE,
    ADVANCED,
    PAUSED,
    ROLLED_BACK,
    /** Somebody else changed it in this very moment; the next tick sees what is left to do. */
    OVERTAKEN
  }

  /**
   * One rollout in one tick.
   *
   * @param before as it was
   * @param after as it is now
   * @param action what was done
   * @param evaluation what the gates said
   */
  public record Look(Rollout before, Rollout after, Action action, Evaluation evaluation) {}

  /**
   * Looks at each rollout once.
   *
   * @return those that have not ended, newest first
   * @throws dev.headroom.store.DatabaseException when the database cannot be used; what was done
   *     before stays done
   */
  public List<Look> tick() {
    List<Look> looks = new ArrayList<>();
    for (Kept kept : rollouts.listActive()) {
      looks.add(look(kept));
    }
    return looks;
  }

  private Look look(Kept kept) {
    Rollout rollout = kept.rollout();
    Situation situation = promotion.situation(kept);
    Evaluation evaluation = Gates.evaluate(situation);
    try {
      return switch (evaluation.outcome()) {
        case ROLL_BACK ->
            done(rollout, Action.ROLLED_BACK, act(kept, new Move.RollBack(), evaluation));
        case PAUSE ->
            rollout.paused()
                ? none(rollout, evaluation)
                : done(rollout, Action.PAUSED, act(kept, new Move.Pause(), evaluation));
        case HOLD -> none(rollout, evaluation);
        case OPEN -> advance(kept, situation, evaluation);
      };
    } catch (RolloutConflictException overtaken) {
      return new Look(rollout, rollout, Action.OVERTAKEN, evaluation);
    }
  }

  private Look advance(Kept kept, Situation situation, Evaluation evaluation) {
    Rollout rollout = kept.rollout();
    BacktestEvidence evidence = situation.evidence();
    Optional<Rung> next = situation.settings().ladder().after(Rung.of(rollout));
    boolean climbs =
        situation.settings().automatic()
            && !rollout.paused()
            && !Rung.of(rollout).equals(Rung.OFF)
            && next.isPresent();
    if (!climbs) {
      return none(rollout, evaluation);
    }
    Move up = new Move.Advance(next.get(), new Authority.Gates(evaluation));
    return done(
        rollout,
        Action.ADVANCED,
        promotion.move(
            kept,
            up,
            new By(ACTOR, null, evaluation.reason()),
            evaluation,
            evidence == null ? null : evidence.runId()));
  }

  private Done act(Kept kept, Move move, Evaluation evaluation) {
    return promotion.move(kept, move, new By(ACTOR, null, evaluation.reason()), evaluation, null);
  }

  private static Look done(Rollout before, Action action, Done done) {
    return new Look(before, done.rollout(), action, done.evaluation());
  }

  private static Look none(Rollout rollout, Evaluation evaluation) {
    return new Look(rollout, rollout, Action.NONE, evaluation);
  }
}
