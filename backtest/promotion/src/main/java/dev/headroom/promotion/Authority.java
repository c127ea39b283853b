package dev.headroom.promotion;

/** In whose name a step is made. */
public sealed interface Authority {

  /** What the gates said just before. */
  Evaluation evaluation();

  /** The gates opened it, each of them. */
  record Gates(Evaluation evaluation) implements Authority {}

  /**
   * Somebody answers for it though gates hold.
   *
   * @param approver by name
   */
  record Approval(String approver, Evaluation evaluation) implements Authority {
    public Approval {
      if (approver.isBlank()) {
        throw new IllegalArgumentException("an approval names who answers for it");
      }
    }
  }
}
