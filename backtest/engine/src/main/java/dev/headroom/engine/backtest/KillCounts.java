package dev.headroom.engine.backtest;

import dev.headroom.model.Verdict;
import java.util.Collection;
import java.util.Collections;

/** How many kills had which verdict under one policy. */
public record KillCounts(
    int prevented,
    int missed,
    int unpreventable,
    int undecidedGap,
    int undecidedCensored,
    int undecidedThin,
    int secondary) {

  /** How often each verdict occurs. */
  public static KillCounts of(Collection<Verdict> verdicts) {
    return new KillCounts(
        Collections.frequency(verdicts, Verdict.PREVENTED),
        Collections.frequency(verdicts, Verdict.MISSED),
        Collections.frequency(verdicts, Verdict.UNPREVENTABLE),
        Collections.frequency(verdicts, Verdict.UNDECIDED_GAP),
        Collections.frequency(verdicts, Verdict.UNDECIDED_CENSORED),
        Collections.frequency(verdicts, Verdict.UNDECIDED_THIN),
        Collections.frequency(verdicts, Verdict.SECONDARY));
  }

  public int undecided() {
    return undecidedGap + undecidedCensored + undecidedThin;
  }

  /** The kills that a limit might have prevented: the denominator of every share. */
  public int preventable() {
    return prevented + missed + undecided();
  }

  /** All kills, those included that fell into the outage of another. */
  public int total() {
    return preventable() + unpreventable + secondary;
  }
}
