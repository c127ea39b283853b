package dev.headroom.load;

import dev.headroom.load.Subjects.Killed;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Makes up what people ask of the dashboard: pages with their requests, as the scripts of the pages
 * send them, and any operation of the API's document with parameters by chance.
 */
final class Asker {

  /** What is sent. A body is JSON and makes it a POST. */
  record Ask(Operation operation, String pathAndQuery, @Nullable String body) {}

  private static final String INSTANCE = "/api/v1/instances/{id}";
  private static final String TIMELINE = "/api/v1/instances/{id}/timeline";
  private static final String WHAT_IF = "/api/v1/instances/{id}/what-if";

  /** Operations that change nothing although they are POSTs, for the sake of their bodies. */
  private static final Set<String> ASKED_BY_POST =
      Set.of(
          "POST " + WHAT_IF,
          "POST /ofrep/v1/evaluate/flags",
          "POST /ofrep/v1/evaluate/flags/{key}");

  private static final String INCIDENT = "/api/v1/incidents/{id}";

  private static final List<String> FORMULAS =
      List.of(
          "memory_max - (shmem + page_tables + 100MiB)",
          "memory_max * 80%",
          "talk",
          "memory_max - max_over_time(shmem, 10m) - 200MiB");

  /** The spans that the page offers, as often as they are likely to be chosen. */
  private static final List<String> SPANS =
      List.of("1h", "1h", "1h", "6h", "6h", "1d", "1d", "7d", "7d", "30d");

  /** The fleet's page starts with seven days. */
  private static final List<String> FLEET_SPANS =
      List.of("7d", "7d", "7d", "7d", "7d", "7d", "1d", "1d", "30d", "30d");

  private final Subjects subjects;
  private final RandomGenerator random;
  private final List<Operation> documented;

  Asker(Subjects subjects, List<Operation> documented, RandomGenerator random) {
    this.subjects = subjects;
    this.random = random;
    this.documented = documented;
  }

  /**
   * The operations that a load is made of: all that change nothing. One that changes something
   * would make another fleet of it.
   */
  static List<Operation> loaded(List<Operation> documented) {
    List<Operation> loaded =
        documented.stream()
            .filter(each -> each.isRead() || ASKED_BY_POST.contains(each.name()))
            .toList();
    if (loaded.stream().filter(each -> !each.isRead()).count() != ASKED_BY_POST.size()) {
      throw new IllegalStateException("openapi.yaml no longer has all of " + ASKED_BY_POST);
    }
    return loaded;
  }

  /** The requests of one page, which a browser sends together. */
  List<Ask> page() {
    int chance = random.nextInt(100);
    if (chance < 30) {
      return fleet();
    }
    if (chance < 60) {
      return instance();
    }
    if (chance < 75) {
      return List.of(any(operation("GET", INCIDENT)));
    }
    if (chance < 80) {
      return List.of(
          any(operation("GET", "/api/v1/backtests")),
          any(operation("GET", "/api/v1/backtest-setup")),
          any(operation("GET", "/api/v1/backtest-jobs")));
    }
    if (chance < 84) {
      return List.of(any(operation("GET", "/api/v1/backtests/{id}")));
    }
    if (chance < 87) {
      return List.of(any(operation("GET", "/api/v1/rollouts")));
    }
    if (chance < 90) {
      return rollout();
    }
    return List.of(any(loadedAnswer()));
  }

  private List<Ask> fleet() {
    String range = "?from=" + pick(FLEET_SPANS) + "&to=now";
    String search = random.nextInt(5) == 0 ? "&search=" + search() : "";
    return List.of(
        new Ask(operation("GET", "/api/v1/fleet"), "/api/v1/fleet" + range, null),
        new Ask(
            operation("GET", "/api/v1/instances"),
            "/api/v1/instances" + range + "&limit=100" + search,
            null));
  }

  /** An instance's page: around one of its kills, as the fleet links to it, or a usual span. */
  private List<Ask> instance() {
    List<Ask> asks = new ArrayList<>();
    String id;
    String range;
    if (random.nextBoolean()) {
      Killed killed = pick(subjects.kills());
      id = killed.instance().toString();
      range =
          "?from=%s&to=%s".formatted(killed.at().minusSeconds(120), killed.at().plusSeconds(60));
    } else {
      id = pick(subjects.instances()).toString();
      range = "?from=" + pick(SPANS) + "&to=now";
    }
    asks.add(new Ask(operation("GET", INSTANCE), INSTANCE.replace("{id}", id), null));
    asks.add(
        new Ask(
            operation("GET", TIMELINE),
            TIMELINE.replace("{id}", id) + range + "&buckets=1000",
            null));
    if (random.nextInt(3) == 0) {
      asks.add(any(operation("POST", WHAT_IF)));
    }
    return asks;
  }

  private List<Ask> rollout() {
    String id = pick(subjects.rollouts()).toString();
    return Stream.of("/api/v1/rollouts/{id}", "/api/v1/rollouts/{id}/outlook")
        .map(path -> new Ask(operation("GET", path), path.replace("{id}", id), null))
        .toList();
  }

  /** An operation with an answer that ends. */
  private Operation loadedAnswer() {
    return pick(loaded(documented).stream().filter(each -> !each.isStream()).toList());
  }

  private Operation operation(String method, String path) {
    return documented.stream()
        .filter(each -> each.method().equals(method) && each.path().equals(path))
        .findFirst()
        .orElseThrow(
            () -> new IllegalStateException("openapi.yaml no longer has " + method + " " + path));
  }

  /**
   * One operation with parameters by chance.
   *
   * @throws IllegalStateException when the document has a parameter that nobody can fill in here
   */
  Ask any(Operation operation) {
    String path = operation.path();
    if (path.contains("{id}")) {
      path = path.replace("{id}", id(path));
    }
    if (path.contains("{key}")) {
      path = path.replace("{key}", pick(subjects.flags()));
    }
    if (path.contains("{")) {
      throw new IllegalStateException("no value is known for a parameter of " + path);
    }
    String query =
        operation.queryParameters().stream()
            .map(name -> name + "=" + parameter(name))
            .collect(Collectors.joining("&"));
    return new Ask(operation, query.isEmpty() ? path : path + "?" + query, body(operation));
  }

  private String id(String path) {
    String kind = path.split("/", -1)[3];
    return switch (kind) {
      case "instances" -> pick(subjects.instances()).toString();
      case "incidents" -> pick(subjects.kills()).incident().toString();
      case "backtests" -> pick(subjects.runs()).toString();
      case "backtest-jobs" -> pick(subjects.jobs()).toString();
      case "rollouts" -> pick(subjects.rollouts()).toString();
      default -> throw new IllegalStateException("no id is known for " + path);
    };
  }

  private String parameter(String name) {
    return switch (name) {
      case "from" -> pick(SPANS);
      case "to" -> "now";
      case "limit" -> String.valueOf(1 + random.nextInt(200));
      case "buckets" -> String.valueOf(100 + random.nextInt(900));
      case "search" -> search();
      // The only one that made-up runs have.
      case "format" -> "json";
      default -> throw new IllegalStateException("no value is known for parameter " + name);
    };
  }

  private String search() {
    return URLEncoder.encode(
        pick(List.of("node-0" + random.nextInt(10), "c-00", "tier-" + random.nextInt(4), "pod")),
        StandardCharsets.UTF_8);
  }

  private @Nullable String body(Operation operation) {
    if (operation.isRead()) {
      return null;
    }
    if (operation.path().equals(WHAT_IF)) {
      return "{\"from\": \"%s\", \"to\": \"%s\", \"formula\": \"%s\"}"
          .formatted(
              Instant.now().minusSeconds(3_600L * (1 + random.nextInt(7 * 24))),
              Instant.now(),
              pick(FORMULAS));
    }
    return "{\"context\": {\"targetingKey\": \"%s\"}}".formatted(pick(subjects.instances()));
  }

  private <T> T pick(List<T> list) {
    if (list.isEmpty()) {
      throw new IllegalStateException("the fleet lacks something that is to be asked for");
    }
    return list.get(random.nextInt(list.size()));
  }
}
