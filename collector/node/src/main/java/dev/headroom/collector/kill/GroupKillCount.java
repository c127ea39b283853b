package dev.headroom.collector.kill;

import java.time.Instant;
import java.util.HashSet;
import java.util.Set;
import java.util.UUID;

/**
 * What the group kills of one instance do to the kernel's counter: it counts the first victim of a
 * group by itself and again with its group, unless that one was gone by then. So each group may add
 * one count that no captured kill explains, before, between or after its victims' own.
 */
final class GroupKillCount {

  private final Set<UUID> incidents = new HashSet<>();
  private long doubled;
  private Instant lastAt;

  GroupKillCount(Instant now) {
    this.lastAt = now;
  }

  /** Whether all that was to be counted is. */
  boolean isOver(Instant now) {
    return !now.isBefore(lastAt.plus(KillSettler.PATIENCE));
  }

  /** A group kill has a captured victim in this instance; the same one may be told again. */
  void add(UUID incident, Instant now) {
    incidents.add(incident);
    lastAt = now;
  }

  /** The fewest kills the kernel can have counted when {@code captured} are all there were. */
  long least(long captured) {
    return captured - doubled;
  }

  /** The most kills the kernel can have counted when {@code captured} are all there were. */
  long most(long captured) {
    return least(captured) + incidents.size();
  }

  /** So many were counted for so many captured: what is too much was counted twice. */
  void account(long captured, long counted) {
    doubled = Math.clamp(doubled + counted - captured, 0, incidents.size());
  }
}
