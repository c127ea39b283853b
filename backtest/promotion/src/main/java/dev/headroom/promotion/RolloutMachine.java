package dev.headroom.promotion;

import dev.headroom.model.rollout.RolloutStage;
import dev.headroom.model.rollout.RolloutStep;
import dev.headroom.promotion.GateResult.Outcome;

/**
 * Where a rollout may go from where it is. Pure: it reads no clock, no database, and changes
 * nothing.
 *
 * <pre>
 *   off ─▶ shadow ─▶ canary 1% ─▶ 5% ─▶ 10% ─▶ 25% ─▶ 50% ─▶ enforce
 *     └───────┴──────────┴──────── from everywhere ────┴─────────┴──▶ rolled back, retired
 * </pre>
 *
 * <p>Upwards it goes one step when every gate is open; a named approver may leave out canaries and
 * gates that hold, but neither the shadow stage nor a gate that takes back.
 */
public final class RolloutMachine {

  private RolloutMachine() {}

  /** Where a rollout stands. */
  public record Position(Rung rung, boolean paused) {}

  /** What a move leads to. */
  public sealed interface Answer {}

  /** It may be done. */
  public record Allowed(RolloutStep.Kind kind, Position position) implements Answer {}

  /**
   * It may not.
   *
   * @param why in words, with what to do instead
   */
  public record Refused(String why) implements Answer {}

  /** Whether a move may be done, and where it leads. */
  public static Answer answer(Position from, Move move, Ladder ladder) {
    if (from.rung().stage().isEnd()) {
      return new Refused("it has ended (" + from.rung() + "); a new promotion needs a new rollout");
    }
    return switch (move) {
      case Move.Advance advance -> advance(from, advance, ladder);
      case Move.Pause() ->
          from.paused()
              ? new Refused("it is paused already")
              : new Allowed(RolloutStep.Kind.PAUSE, new Position(from.rung(), true));
      case Move.Resume() ->
          from.paused()
              ? new Allowed(RolloutStep.Kind.RESUME, new Position(from.rung(), false))
              : new Refused("it is not paused");
      case Move.RollBack() -> end(RolloutStage.ROLLED_BACK);
      case Move.Retire() -> end(RolloutStage.RETIRED);
    };
  }

  private static Answer end(RolloutStage stage) {
    return new Allowed(RolloutStep.Kind.TRANSITION, new Position(new Rung(stage, null), false));
  }

  private static Answer advance(Position from, Move.Advance advance, Ladder ladder) {
    Rung to = advance.to();
    if (from.paused()) {
      return new Refused("it is paused; resume it first");
    }
    if (to.height() <= from.rung().height()) {
      return new Refused("it is at " + from.rung() + " already; it goes upwards or to its end");
    }
    if (from.rung().stage() == RolloutStage.OFF && to.stage() != RolloutStage.SHADOW) {
      return new Refused("it goes to shadow first, whoever approves");
    }
    Evaluation evaluation = advance.authority().evaluation();
    if (evaluation.outcome() == Outcome.ROLL_BACK) {
      return new Refused("it does harm, which nobody can approve (" + evaluation.reason() + ")");
    }
    return switch (advance.authority()) {
      case Authority.Approval _ -> allowed(to);
      case Authority.Gates _ -> {
        Rung next = ladder.after(from.rung()).orElseThrow();
        if (!next.equals(to)) {
          yield new Refused("the next step is " + next + "; " + to + " needs an approver");
        }
        yield evaluation.outcome() == Outcome.OPEN ? allowed(to) : new Refused(evaluation.reason());
      }
    };
  }

  private static Answer allowed(Rung to) {
    return new Allowed(RolloutStep.Kind.TRANSITION, new Position(to, false));
  }
}
