package dev.headroom.promotion;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A promotion that cannot be done as it was asked for; the message says what to do instead. */
public final class PromotionRefusedException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  private final transient @Nullable Evaluation evaluation;

  public PromotionRefusedException(String message) {
    this(message, null);
  }

  PromotionRefusedException(String message, @Nullable Evaluation evaluation) {
    super(message);
    this.evaluation = evaluation;
  }

  /** What the gates said, when it is they who refuse. */
  public Optional<Evaluation> evaluation() {
    return Optional.ofNullable(evaluation);
  }
}
