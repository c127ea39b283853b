package dev.headroom.model;

import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One Postgres server in one memory cgroup. The key is the id; a later row brings the others up to
 * date.
 *
 * @param id follows from node, cgroup and data directory
 * @param node the node's name
 * @param cgroupPath path below the memory controller's mount
 * @param cgroupVersion the interface that limits its memory
 * @param dataDirectory as the instance itself sees it
 * @param port the TCP port, when known
 * @param postgresVersion such as {@code 17.11}, when known
 * @param labels what a user wants to group by; the lab writes {@code scenario}
 * @param observedAt when this was read
 */
public record Instance(
    InstanceId id,
    String node,
    String cgroupPath,
    CgroupVersion cgroupVersion,
    String dataDirectory,
    @Nullable Integer port,
    @Nullable String postgresVersion,
    Map<String, String> labels,
    Instant observedAt)
    implements Observation {

  public Instance {
    labels = Map.copyOf(labels);
  }
}
