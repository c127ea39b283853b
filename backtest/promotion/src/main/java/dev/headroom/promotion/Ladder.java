package dev.headroom.promotion;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The steps of a rollout: off, shadow, canaries that grow, enforce.
 *
 * @param canaryPercents each greater than the one before, 1 to 99
 */
public record Ladder(List<Integer> canaryPercents) {

  public static final Ladder DEFAULT = new Ladder(List.of(1, 5, 10, 25, 50));

  public Ladder {
    canaryPercents = List.copyOf(canaryPercents);
    int before = 0;
    for (int percent : canaryPercents) {
      if (percent <= before || percent > 99) {
        throw new IllegalArgumentException(
            "canary percentages grow from 1 to 99, unlike " + canaryPercents);
      }
      before = percent;
    }
    if (canaryPercents.isEmpty()) {
      throw new IllegalArgumentException("a ladder has one canary or more");
    }
  }

  /** Every place, from off to enforce. */
  public List<Rung> rungs() {
    List<Rung> rungs = new ArrayList<>(List.of(Rung.OFF, Rung.SHADOW));
    canaryPercents.forEach(percent -> rungs.add(Rung.canary(percent)));
    rungs.add(Rung.ENFORCE);
    return rungs;
  }

  /** The next place upwards; empty above enforce and after an end. */
  public Optional<Rung> after(Rung rung) {
    return rung.stage().isEnd()
        ? Optional.empty()
        : rungs().stream().filter(each -> each.height() > rung.height()).findFirst();
  }
}
