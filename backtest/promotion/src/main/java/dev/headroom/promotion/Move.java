package dev.headroom.promotion;

/** What can be done to a rollout. */
public sealed interface Move {

  /** Takes it upwards. */
  record Advance(Rung to, Authority authority) implements Move {}

  /** Goes no further until resumed; what is in force stays. */
  record Pause() implements Move {}

  /** Goes on after a pause. */
  record Resume() implements Move {}

  /** Takes it back from wherever it is: its policy is in force nowhere. Ends it. */
  record RollBack() implements Move {}

  /** No longer wanted, or replaced. Ends it. */
  record Retire() implements Move {}
}
