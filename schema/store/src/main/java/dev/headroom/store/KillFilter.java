package dev.headroom.store;

import dev.headroom.model.BackendKind;
import dev.headroom.model.InstanceId;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Which kills to list; what is absent does not matter.
 *
 * @param from killed at this moment or later
 * @param to killed before this moment
 * @param node killed on this node
 * @param instanceId the instance that lost a process
 * @param victimKind what the victim was for
 */
public record KillFilter(
    @Nullable Instant from,
    @Nullable Instant to,
    @Nullable String node,
    @Nullable InstanceId instanceId,
    @Nullable BackendKind victimKind) {

  /** All kills. */
  public static KillFilter none() {
    return new KillFilter(null, null, null, null, null);
  }

  /** The kills of one instance. */
  public static KillFilter ofInstance(InstanceId id) {
    return new KillFilter(null, null, null, id, null);
  }
}
