package dev.headroom.store;

import dev.headroom.model.rollout.RolloutEvent;

/** Somebody else changed a rollout first; nothing of the refused change was kept. */
public final class RolloutConflictException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  private final transient RolloutEvent winner;

  RolloutConflictException(String message, RolloutEvent winner) {
    super(message);
    this.winner = winner;
  }

  /** The change that was made first. */
  public RolloutEvent winner() {
    return winner;
  }
}
