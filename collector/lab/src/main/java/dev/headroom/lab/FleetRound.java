package dev.headroom.lab;

import java.time.Instant;
import java.util.List;
import java.util.function.ToLongFunction;

/**
 * What one round did to every server of a fleet.
 *
 * @param number counts a fleet's rounds from 1
 * @param servers one each, in the fleet's order
 * @param startedAt before the first load
 * @param endedAt when every server was ready again
 */
public record FleetRound(
    int number, List<ServerRound> servers, Instant startedAt, Instant endedAt) {

  public FleetRound {
    servers = List.copyOf(servers);
  }

  /**
   * What one round did to one server.
   *
   * @param server which
   * @param oomKills the kernel's own count
   * @param sessionsLost that ended because of a kill, the killed ones included
   * @param blocks statements that the guard refused for good, by its own count
   * @param falseBlocks those of them that survive without a guard
   * @param bystandersHarmed 1 when the session that took no part got no answer afterwards
   */
  public record ServerRound(
      FleetServer server,
      long oomKills,
      int sessionsLost,
      long blocks,
      long falseBlocks,
      int bystandersHarmed) {}

  public long oomKills() {
    return sum(ServerRound::oomKills);
  }

  public long sessionsLost() {
    return sum(ServerRound::sessionsLost);
  }

  public long blocks() {
    return sum(ServerRound::blocks);
  }

  public long falseBlocks() {
    return sum(ServerRound::falseBlocks);
  }

  private long sum(ToLongFunction<ServerRound> count) {
    return servers.stream().mapToLong(count).sum();
  }
}
