package dev.headroom.collector;

import dev.headroom.collector.cgroup.CgroupReader;
import dev.headroom.collector.sampling.InstanceSampler;
import dev.headroom.collector.state.CollectorState.KnownInstance;
import dev.headroom.model.InstanceId;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The instances a collector knows: those it watches now, and those it saw before in this boot. Safe
 * for several threads.
 */
final class InstanceRegistry {

  private final Map<InstanceId, Watched> watched = new ConcurrentHashMap<>();
  private final Map<InstanceId, KnownInstance> known = new ConcurrentHashMap<>();

  /**
   * An instance with a running server.
   *
   * @param memoryCgroup its cgroup
   * @param labels what a user groups it by
   */
  record Watched(InstanceSampler sampler, CgroupReader memoryCgroup, Map<String, String> labels) {
    Watched {
      labels = Map.copyOf(labels);
    }

    InstanceId id() {
      return sampler.instanceId();
    }
  }

  void watch(Watched instance) {
    watched.put(instance.id(), instance);
  }

  void unwatch(InstanceId id) {
    watched.remove(id);
  }

  Optional<Watched> findWatched(InstanceId id) {
    return Optional.ofNullable(watched.get(id));
  }

  List<Watched> listWatched() {
    return List.copyOf(watched.values());
  }

  Set<InstanceId> watchedIds() {
    return Set.copyOf(watched.keySet());
  }

  void know(KnownInstance instance) {
    known.put(instance.instanceId(), instance);
  }

  Optional<KnownInstance> findKnown(InstanceId id) {
    return Optional.ofNullable(known.get(id));
  }

  Collection<KnownInstance> listKnown() {
    return List.copyOf(known.values());
  }

  /**
   * The instance whose cgroup has this path or is the nearest above it; a path that several servers
   * share names none of them.
   */
  Optional<InstanceId> findByCgroup(String cgroupPath) {
    List<KnownInstance> holders =
        known.values().stream()
            .filter(instance ->
                cgroupPath.equals(instance.cgroupPath())
                    || cgroupPath.startsWith(instance.cgroupPath() + "/"))
            .toList();
    int longest =
        holders.stream()
            .map(instance -> instance.cgroupPath().length())
            .max(Comparator.naturalOrder())
            .orElse(0);
    List<KnownInstance> nearest =
        holders.stream().filter(instance -> instance.cgroupPath().length() == longest).toList();
    return nearest.size() == 1 ? Optional.of(nearest.getFirst().instanceId()) : Optional.empty();
  }
}
