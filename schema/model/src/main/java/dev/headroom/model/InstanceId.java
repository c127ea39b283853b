package dev.headroom.model;

import java.nio.charset.StandardCharsets;
import java.util.UUID;

/**
 * The name of an instance that every collector computes alike, without asking the database: rows
 * can be keyed while the database is away.
 */
public record InstanceId(UUID value) implements Comparable<InstanceId> {

  /**
   * The id of the Postgres with this data directory in this cgroup of this node. A restart keeps
   * it.
   *
   * @param node the node's name
   * @param cgroupPath path below the controller's mount, such as {@code /kubepods/pod1/db}
   * @param dataDirectory as the instance itself sees it
   */
  public static InstanceId of(String node, String cgroupPath, String dataDirectory) {
    String name = node + '\0' + cgroupPath + '\0' + dataDirectory;
    return new InstanceId(UUID.nameUUIDFromBytes(name.getBytes(StandardCharsets.UTF_8)));
  }

  /**
   * Reads an id as {@link #toString} writes it.
   *
   * @throws IllegalArgumentException when the text is no UUID
   */
  public static InstanceId parse(String text) {
    return new InstanceId(UUID.fromString(text));
  }

  /**
   * In the order of the written form, which is also the database's; {@link UUID}'s own is another.
   */
  @Override
  public int compareTo(InstanceId other) {
    int high =
        Long.compareUnsigned(value.getMostSignificantBits(), other.value.getMostSignificantBits());
    return high != 0
        ? high
        : Long.compareUnsigned(
            value.getLeastSignificantBits(), other.value.getLeastSignificantBits());
  }

  @Override
  public String toString() {
    return value.toString();
  }
}
