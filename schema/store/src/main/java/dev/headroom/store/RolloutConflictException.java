package dev.headroom.store;

import dev.headroom.model.rollout.RolloutEvent;

/**
 * Somebody else changed a rollout first; nothing of the refused change was kept. The message says
 * how to look again, in the words of the command line.
 */
public final class RolloutConflictException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  private final String why;
  private final transient RolloutEvent winner;

  /**
   * @param why who was first, and what they did
   * @param instead how to look again
   */
  RolloutConflictException(String why, String instead, RolloutEvent winner) {
    super(why + instead);
    this.why = why;
    this.winner = winner;
  }

  /** Who was first and what they did, without how to look again. */
  public String why() {
    return why;
  }

  /** The change that was made first. */
  public RolloutEvent winner() {
    return winner;
  }
}
