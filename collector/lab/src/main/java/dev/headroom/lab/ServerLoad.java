package dev.headroom.lab;

import dev.headroom.lab.Scenario.Workload;
import java.util.List;

/** Loads a server once, with a session beside the load that takes no part in it. */
final class ServerLoad {

  private ServerLoad() {}

  /**
   * Runs a load to its end. When the kernel killed, the postmaster has heard of it afterwards, and
   * the server may be on its way up again.
   *
   * @param name what the load's sessions call themselves
   * @throws Exception when the load itself went wrong
   */
  static ScenarioResult.Sessions run(Victim victim, String name, Workload workload)
      throws Exception {
    try (Bystander bystander = Bystander.open(victim)) {
      Stage stage = new Stage(name, victim);
      try (stage) {
        long kills = victim.cgroup().oomKills();
        List<OwnProcess> children = victim.listChildren();
        workload.load(stage);
        if (victim.cgroup().oomKills() > kills) {
          victim.awaitCrash(children);
        }
      }
      return new ScenarioResult.Sessions(
          stage.lostSessions(), stage.refusals(), bystander.isUnharmed() ? 0 : 1);
    }
  }
}
