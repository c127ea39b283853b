package dev.headroom.engine.kernel;

/** What a refused statement turned out to be. */
public enum BlockClass {
  /** It was still running at a kill, which would have ended it anyway. */
  JUSTIFIED,
  /** It ended in peace: the refusal would have been an error for nothing. */
  FALSE,
  /** The recording ends, or has a gap, before the statement does. */
  UNDECIDED
}
