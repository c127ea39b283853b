package dev.headroom.launcher;

import dev.headroom.cli.Terminal;
import dev.headroom.cli.TextTable;
import dev.headroom.lab.FleetRound;
import dev.headroom.lab.FleetRound.ServerRound;
import dev.headroom.lab.FleetServer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * What the same rounds came to on every server of a fleet before a policy was promoted and after.
 *
 * @param before rounds with every guard off
 * @param after as many rounds with the policy in force wherever it may be
 */
record FleetComparison(List<FleetRound> before, List<FleetRound> after) {

  FleetComparison {
    before = List.copyOf(before);
    after = List.copyOf(after);
  }

  /** One server's share of some rounds. */
  private record Sums(
      long oomKills, long sessionsLost, long blocks, long falseBlocks, long harmed) {

    static Sums of(List<FleetRound> rounds, FleetServer server) {
      List<ServerRound> own =
          rounds.stream()
              .flatMap(round -> round.servers().stream())
              .filter(each -> each.server().equals(server))
              .toList();
      return new Sums(
          own.stream().mapToLong(ServerRound::oomKills).sum(),
          own.stream().mapToLong(ServerRound::sessionsLost).sum(),
          own.stream().mapToLong(ServerRound::blocks).sum(),
          own.stream().mapToLong(ServerRound::falseBlocks).sum(),
          own.stream().mapToLong(ServerRound::bystandersHarmed).sum());
    }

    Map<String, Object> asMap() {
      Map<String, Object> fields = new LinkedHashMap<>();
      fields.put("oom_kills", oomKills);
      fields.put("sessions_lost", sessionsLost);
      fields.put("blocks", blocks);
      fields.put("false_blocks", falseBlocks);
      fields.put("bystanders_harmed", harmed);
      return fields;
    }
  }

  /** What did not hold, a sentence each; empty when it all did. */
  List<String> faults() {
    List<String> faults = new ArrayList<>();
    for (FleetServer server : servers()) {
      Sums without = Sums.of(before, server);
      Sums with = Sums.of(after, server);
      if (without.oomKills() == 0) {
        faults.add(server.name() + " was not killed without the guard, so nothing was to be won");
      }
      if (!server.heldOut()
          && (with.oomKills() > 0 || with.sessionsLost() > 0 || with.harmed() > 0)) {
        faults.add(
            "%s was killed %d times under the guard, lost %d sessions and harmed %d bystanders"
                .formatted(server.name(), with.oomKills(), with.sessionsLost(), with.harmed()));
      }
    }
    return faults;
  }

  String render(Terminal terminal) {
    TextTable table =
        new TextTable(
            "server",
            "guard",
            "kills before",
            "sessions lost",
            "kills after",
            "sessions lost",
            "blocks",
            "false blocks",
            "bystander");
    for (FleetServer server : servers()) {
      Sums without = Sums.of(before, server);
      Sums with = Sums.of(after, server);
      table.add(
          server.name(),
          server.heldOut() ? "held out" : "enforces",
          without.oomKills(),
          without.sessionsLost(),
          with.oomKills(),
          with.sessionsLost(),
          with.blocks(),
          with.falseBlocks(),
          with.harmed() == 0 ? "unharmed" : "harmed");
    }
    return table.render(terminal)
        + "%n%d kills before; %d after, of which %d on the server that is held out%n"
            .formatted(
                before.stream().mapToLong(FleetRound::oomKills).sum(),
                after.stream().mapToLong(FleetRound::oomKills).sum(),
                servers().stream()
                    .filter(FleetServer::heldOut)
                    .mapToLong(server -> Sums.of(after, server).oomKills())
                    .sum());
  }

  /** For {@code --json}. */
  List<Map<String, Object>> asMaps() {
    return servers().stream()
        .map(server -> {
          Map<String, Object> fields = new LinkedHashMap<>();
          fields.put("server", server.name());
          fields.put("scenario", server.scenario().name());
          fields.put("instance_id", server.instanceId().toString());
          fields.put("held_out", server.heldOut());
          fields.put("before", Sums.of(before, server).asMap());
          fields.put("after", Sums.of(after, server).asMap());
          return fields;
        })
        .toList();
  }

  private List<FleetServer> servers() {
    return Stream.concat(before.stream(), after.stream())
        .flatMap(round -> round.servers().stream())
        .map(ServerRound::server)
        .distinct()
        .toList();
  }
}
