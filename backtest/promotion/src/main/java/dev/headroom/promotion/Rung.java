package dev.headroom.promotion;

import dev.headroom.model.rollout.Rollout;
import dev.headroom.model.rollout.RolloutStage;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A place on the ladder, or one of its two ends.
 *
 * @param stage how far a policy is promoted
 * @param canaryPercent the share of instances under canary, 1 to 99; absent in every other stage
 */
public record Rung(RolloutStage stage, @Nullable Integer canaryPercent) {

  public static final Rung OFF = new Rung(RolloutStage.OFF, null);
  public static final Rung SHADOW = new Rung(RolloutStage.SHADOW, null);
  public static final Rung ENFORCE = new Rung(RolloutStage.ENFORCE, null);

  public Rung {
    if ((stage == RolloutStage.CANARY) != (canaryPercent != null)) {
      throw new IllegalArgumentException("a canary has a percentage and no other stage has one");
    }
    if (canaryPercent != null && (canaryPercent < 1 || canaryPercent > 99)) {
      throw new IllegalArgumentException("a canary is 1 to 99 percent, not " + canaryPercent);
    }
  }

  public static Rung canary(int percent) {
    return new Rung(RolloutStage.CANARY, percent);
  }

  /** Where a rollout is. */
  public static Rung of(Rollout rollout) {
    return new Rung(rollout.stage(), rollout.canaryPercent());
  }

  /**
   * Reads {@code shadow}, {@code canary:25} or {@code enforce}; {@code canary} alone is the
   * ladder's first canary.
   *
   * @throws IllegalArgumentException when it is none of them
   */
  public static Rung parse(String text, Ladder ladder) {
    String word = text.strip().toLowerCase(Locale.ROOT);
    if (word.equals("shadow")) {
      return SHADOW;
    }
    if (word.equals("enforce")) {
      return ENFORCE;
    }
    if (word.equals("canary")) {
      return ladder.after(SHADOW).orElseThrow();
    }
    if (word.matches("canary:[1-9][0-9]?%?")) {
      return canary(Integer.parseInt(word.replaceAll("[^0-9]", "")));
    }
    throw new IllegalArgumentException(
        "a rollout goes to shadow, canary, canary:PERCENT (1 to 99) or enforce, not to '"
            + text
            + "'");
  }

  /** Higher is further; what has ended is nowhere on the ladder. */
  int height() {
    return switch (stage) {
      case OFF -> 0;
      case SHADOW -> 1;
      case CANARY -> 1 + (canaryPercent == null ? 0 : canaryPercent);
      case ENFORCE -> 101;
      case ROLLED_BACK, RETIRED -> -1;
    };
  }

  /** As people read it, such as {@code canary 25%}. */
  @Override
  public String toString() {
    return canaryPercent == null
        ? stage.label().replace('_', ' ')
        : stage.label() + ' ' + canaryPercent + '%';
  }
}
