package dev.headroom.collector.guard;

import dev.headroom.model.Facts;
import java.util.Map;
import java.util.Optional;

/**
 * What a guard says of its instance, watermarks since the reading before.
 *
 * @param facts of the instance
 * @param slotByNamespacePid its living processes, by the pid that the server sees
 */
public record GuardReading(Facts facts, Map<Integer, SlotReading> slotByNamespacePid) {

  /** Nothing, where no guard is. */
  public static final GuardReading NONE = new GuardReading(Facts.none(), Map.of());

  public GuardReading {
    slotByNamespacePid = Map.copyOf(slotByNamespacePid);
  }

  /** What is said of the process with this pid and start. */
  public Optional<SlotReading> findSlot(int namespacePid, long startTicks) {
    return Optional.ofNullable(slotByNamespacePid.get(namespacePid))
        .filter(slot -> slot.startTicks() == startTicks);
  }
}
