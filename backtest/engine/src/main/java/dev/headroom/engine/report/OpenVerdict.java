package dev.headroom.engine.report;

/** What a pipeline makes of a verdict that is still open: INCONCLUSIVE and NO DATA. */
public enum OpenVerdict {
  /** The test was skipped: the pipeline goes on. */
  SKIPPED,
  /** The test could not be done: the pipeline stops. */
  ERROR
}
