package dev.headroom.promotion;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A promotion that cannot be done as it was asked for; the message says what to do instead, in the
 * words of the command line.
 */
public final class PromotionRefusedException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  private final String why;
  private final transient @Nullable Evaluation evaluation;

  public PromotionRefusedException(String message) {
    this(message, "", null);
  }

  /**
   * @param why what stands in the way
   * @param instead what to type instead; empty when nothing helps
   */
  PromotionRefusedException(String why, String instead, @Nullable Evaluation evaluation) {
    super(why + instead);
    this.why = why;
    this.evaluation = evaluation;
  }

  /** What stands in the way, without what to type instead. */
  public String why() {
    return why;
  }

  /** What the gates said, when it is they who refuse. */
  public Optional<Evaluation> evaluation() {
    return Optional.ofNullable(evaluation);
  }
}
