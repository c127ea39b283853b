package dev.headroom.engine.kernel;

/**
 * What a replay does about refused statements. All of them are counted; each that is kept takes
 * memory until the replay's result is gone, and a loose limit's are a handful, a tight one's as
 * many as there are statements.
 *
 * @param kept which are kept one by one
 * @param horizonNs how long before a kill, in nanoseconds, a refusal is still justified by it, else
 *     it is false; {@link #ANY_TIME} for no end of it
 */
public record BlockOptions(Kept kept, long horizonNs) {

  public static final long ANY_TIME = Long.MAX_VALUE;

  /** Everything, and a refusal is justified however long before its kill it was. */
  public static final BlockOptions ALL = new BlockOptions(Kept.BOTH_BOUNDS, ANY_TIME);

  /** Whose refused statements are kept. */
  public enum Kept {
    /** Nobody's. */
    NONE,
    /** Those of the point result. */
    POINT,
    /** Those of the pessimistic bound, too. */
    BOTH_BOUNDS
  }

  boolean keepsPoint() {
    return kept != Kept.NONE;
  }

  boolean keepsPessimistic() {
    return kept == Kept.BOTH_BOUNDS;
  }
}
