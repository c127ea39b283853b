package dev.headroom.lab;

import dev.headroom.collector.guard.GuardStatus;
import java.util.Optional;

/** Tells what one victim holds, by its cgroup's account and by its guard's. */
public final class MemoryProbe {

  private final Victim victim;

  MemoryProbe(Victim victim) {
    this.victim = victim;
  }

  /**
   * What a victim holds at one moment.
   *
   * @param usageBytes what the kernel charges to its cgroup, page cache included
   * @param anonBytes of it what cannot be dropped and belongs to processes
   * @param guardBytes what its processes hold by the guard's account; empty without a guard
   * @param oomKills how often the kernel has killed in it so far
   */
  public record Reading(
      long usageBytes, long anonBytes, Optional<Long> guardBytes, long oomKills) {}

  /**
   * What it holds now.
   *
   * @throws LabException when the victim is gone
   */
  public Reading read() {
    LabCgroup cgroup = victim.cgroup();
    Optional<GuardStatus> guard = victim.findGuardStatus();
    return new Reading(
        cgroup.usageBytes(),
        cgroup.anonBytes(),
        guard.map(status -> status.heldBytes() + status.othersBytes()),
        cgroup.oomKills());
  }
}
