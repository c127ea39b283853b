package dev.headroom.launcher;

import dev.headroom.cli.OpenDatabase;
import dev.headroom.model.InstanceId;
import dev.headroom.model.OomKill;
import dev.headroom.store.KillFilter;
import java.time.Instant;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Pages of the dashboard that are worth a look after a run, each with the range of that run in its
 * address.
 *
 * @param fleet all instances
 * @param instance the one with the most kills; absent when nobody was killed
 * @param incident its first; absent likewise
 * @param rollouts what was promoted, and by whom
 */
record DashboardLinks(
    String fleet, Optional<String> instance, Optional<String> incident, String rollouts) {

  private static final int MOST_KILLS = 100_000;

  /**
   * The pages about some instances.
   *
   * @param url of the dashboard
   * @param from the beginning of the run
   * @param instances those that may be shown as the one with the most kills
   */
  static DashboardLinks of(
      String url, OpenDatabase database, Instant from, Instant to, List<InstanceId> instances) {
    String range = "?from=" + from + "&to=" + to;
    Optional<List<OomKill>> most =
        instances.stream()
            .map(id -> database.kills().list(new KillFilter(from, to, null, id, null), MOST_KILLS))
            .filter(kills -> !kills.isEmpty())
            .max(Comparator.comparingInt(List::size));
    return new DashboardLinks(
        url + "/" + range,
        most.map(kills -> url + "/instances/" + kills.getFirst().instanceId() + range),
        most.flatMap(kills -> kills.stream().min(Comparator.comparing(OomKill::killedAt)))
            .map(kill -> url + "/incidents/" + kill.incidentId()),
        url + "/rollouts");
  }

  /** A page a line. */
  String render() {
    StringBuilder text = new StringBuilder();
    line(text, "fleet", fleet);
    instance.ifPresent(address -> line(text, "instance", address));
    incident.ifPresent(address -> line(text, "incident", address));
    line(text, "rollouts", rollouts);
    return text.toString();
  }

  private static void line(StringBuilder text, String page, String address) {
    text.append("  %-9s %s\n".formatted(page, address));
  }

  /** For {@code --json}. */
  Map<String, @Nullable Object> asMap() {
    Map<String, @Nullable Object> fields = new LinkedHashMap<>();
    fields.put("fleet", fleet);
    fields.put("instance", instance.orElse(null));
    fields.put("incident", incident.orElse(null));
    fields.put("rollouts", rollouts);
    return fields;
  }
}
