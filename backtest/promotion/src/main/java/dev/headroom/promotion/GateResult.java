package dev.headroom.promotion;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What one gate says of a rollout.
 *
 * @param gate which, such as {@code backtest}
 * @param outcome what it lets happen
 * @param reason in words
 * @param figures what it looked at, by name with unit; in the order in which people read them
 */
public record GateResult(String gate, Outcome outcome, String reason, Map<String, Object> figures) {

  /** What a gate lets happen, from best to worst. */
  public enum Outcome {
    /** Nothing stands in the way. */
    OPEN,
    /** Not yet: wait, or have somebody answer for going on. */
    HOLD,
    /** Something is odd: go no further until a person has looked. */
    PAUSE,
    /** It does harm: take it back at once. */
    ROLL_BACK
  }

  public GateResult {
    figures = Collections.unmodifiableMap(new LinkedHashMap<>(figures));
  }
}
