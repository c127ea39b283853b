package dev.headroom.engine.kernel;

import dev.headroom.model.Fidelity;
import dev.headroom.model.ProcessSample;
import dev.headroom.model.Sample;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * How exactly a recording knows what its processes hold: the worst of its samples, because one
 * replay cannot mix two measures of the same memory. Samples without any process say nothing.
 *
 * @param fidelity what the replay uses
 * @param best what at least one sample has
 * @param notes why it is worse than some samples, in words
 */
public record FidelityCheck(Fidelity fidelity, Fidelity best, List<String> notes) {

  public FidelityCheck {
    notes = List.copyOf(notes);
  }

  /** Of one instance's samples; {@code cgroup} when none of them has a process. */
  public static FidelityCheck of(List<Sample> samples) {
    Map<Fidelity, Integer> count = new EnumMap<>(Fidelity.class);
    for (Sample sample : samples) {
      if (!sample.processes().isEmpty()) {
        count.merge(ofSample(sample), 1, Integer::sum);
      }
    }
    return ofCounts(count);
  }

  /** Of one instance, from how many of its samples with processes have which fidelity. */
  public static FidelityCheck ofCounts(Map<Fidelity, Integer> samples) {
    Map<Fidelity, Integer> count = new EnumMap<>(Fidelity.class);
    samples.forEach((fidelity, each) -> {
      if (each > 0) {
        count.put(fidelity, each);
      }
    });
    int informative = count.values().stream().mapToInt(Integer::intValue).sum();
    Fidelity worst = worst(count.keySet());
    List<String> notes = new ArrayList<>();
    for (Map.Entry<Fidelity, Integer> better : count.entrySet()) {
      if (better.getKey() != worst) {
        notes.add(
            better.getValue()
                + " of "
                + informative
                + " samples have fidelity "
                + word(better.getKey())
                + ", but others only "
                + word(worst)
                + ", which is used for all");
      }
    }
    Fidelity best = count.isEmpty() ? Fidelity.CGROUP : Collections.min(count.keySet());
    return new FidelityCheck(worst, best, notes);
  }

  /** The fidelity of several together: the worst of theirs; {@code cgroup} for none. */
  public static Fidelity worst(Collection<Fidelity> fidelities) {
    return fidelities.isEmpty() ? Fidelity.CGROUP : Collections.max(fidelities);
  }

  /** One process that was read is enough: others may have died while they were. */
  private static Fidelity ofSample(Sample sample) {
    Fidelity best = Fidelity.CGROUP;
    for (ProcessSample process : sample.processes()) {
      if (process.guardAllocatedBytes() != null) {
        return Fidelity.GUARD;
      }
      if (process.residentAnonBytes() != null) {
        best = Fidelity.RESIDENT;
      }
    }
    return best;
  }

  private static String word(Fidelity fidelity) {
    return fidelity.name().toLowerCase(Locale.ROOT);
  }
}
