package dev.headroom.collector.capture;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Says which kills were one decision of the killer. The killer takes one victim per decision,
 * however many decisions it makes in a second; only {@code memory.oom.group} makes it take a whole
 * cgroup, all in the invoker's context, one after the other.
 *
 * <p>An incident is named after its first victim's key, so the same kills give the same incidents
 * on every delivery.
 */
public final class IncidentGrouper {

  /**
   * The longest pause between two victims of one group kill; each costs the kernel a log line on a
   * possibly slow console.
   */
  public static final Duration GROUP_WINDOW = Duration.ofSeconds(1);

  private @Nullable KernelOomEvent lastOfGroup;
  private @Nullable UUID openGroup;

  /** A grouper that goes on from here by itself. */
  public IncidentGrouper copy() {
    IncidentGrouper copy = new IncidentGrouper();
    copy.lastOfGroup = lastOfGroup;
    copy.openGroup = openGroup;
    return copy;
  }

  /**
   * The incident {@code kill} belongs to. Kills come in the kernel's order; phantoms are not asked
   * for.
   *
   * @throws IllegalArgumentException when {@code kill} is a phantom
   */
  public UUID incidentOf(KernelOomEvent kill) {
    if (kill.isPhantom()) {
      throw new IllegalArgumentException(
          "pid %d was already exiting and not killed: a phantom belongs to no incident"
              .formatted(kill.victim().pid()));
    }
    if (!Boolean.TRUE.equals(kill.groupKill())) {
      return incidentId(kill.key());
    }
    KernelOomEvent.FirstVictim first = kill.decision();
    if (first != null) {
      return incidentId(kill.key(first.pid(), first.stampNs()));
    }
    UUID incident =
        openGroup != null && lastOfGroup != null && continues(lastOfGroup, kill)
            ? openGroup
            : incidentId(kill.key());
    lastOfGroup = kill;
    openGroup = incident;
    return incident;
  }

  private static boolean continues(KernelOomEvent before, KernelOomEvent kill) {
    return pidOf(before.invoker()) == pidOf(kill.invoker())
        && before.bootId().equals(kill.bootId())
        && Objects.equals(cgroupOf(before), cgroupOf(kill))
        && Math.abs(kill.boottimeNs() - before.boottimeNs()) <= GROUP_WINDOW.toNanos();
  }

  private static long pidOf(@Nullable OomTask task) {
    return task == null ? 0 : task.pid();
  }

  private static @Nullable CgroupRef cgroupOf(KernelOomEvent kill) {
    return kill.limit() == null ? null : kill.limit().cgroup();
  }

  private static UUID incidentId(UUID firstVictimKey) {
    return UUID.nameUUIDFromBytes(("incident/" + firstVictimKey).getBytes(StandardCharsets.UTF_8));
  }
}
