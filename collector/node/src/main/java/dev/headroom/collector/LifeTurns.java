package dev.headroom.collector;

import dev.headroom.model.InstanceEvent;
import dev.headroom.model.InstanceId;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Which instances started, became ready or were reloaded since their last sample; policies that
 * decide on events ask. Safe for several threads.
 */
final class LifeTurns {

  private final Set<InstanceId> turned = ConcurrentHashMap.newKeySet();

  void note(InstanceEvent event) {
    switch (event.kind()) {
      case START, READY, RELOAD -> turned.add(event.instanceId());
      case STOP, CRASH -> {
        // Nothing can be decided before it is back.
      }
    }
  }

  /** Whether there was one since this was last asked. */
  boolean take(InstanceId id) {
    return turned.remove(id);
  }
}
