package dev.headroom.model;

/**
 * What a policy would have done about one OOM kill. The first that fits, in the order of the
 * replay's contract.
 */
public enum Verdict {
  /** No sample near enough before the kill. */
  UNDECIDED_GAP,
  /** The live guard really denied an allocation first, under a limit below the candidate's. */
  UNDECIDED_CENSORED,
  /** Refusals freed at least the margin. */
  PREVENTED,
  /** Refusals freed something, but less than the margin. */
  UNDECIDED_THIN,
  /** Blockable processes held less than the margin: no limit could have helped. */
  UNPREVENTABLE,
  /** It could have been prevented and was not. */
  MISSED,
  /** The instance was already down from an earlier kill, whose verdict covers this one too. */
  SECONDARY
}
