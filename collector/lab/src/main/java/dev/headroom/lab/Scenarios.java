package dev.headroom.lab;

import static dev.headroom.lab.Scenario.Expectation.KILLS;
import static dev.headroom.lab.Scenario.Expectation.SURVIVES;

import dev.headroom.lab.Scenario.Expectation;
import dev.headroom.lab.Scenario.Need;
import dev.headroom.lab.Scenario.Workload;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** What the lab can do to a Postgres. Sizes were measured; docs/lab.md has the figures. */
public final class Scenarios {

  private static final long MIB = 1L << 20;

  private static final List<Scenario> ALL =
      List.of(
          scenario(
              "huge-sort",
              "One huge sort",
              KILLS,
              "One statement with too much work_mem takes the whole server down.",
              256 * MIB,
              Map.of("work_mem", "1GB"),
              stage -> stage.execute(Sql.sort(3_000_000, 8))),
          scenario(
              "many-connections",
              "Many connections with a modest work_mem each",
              KILLS,
              "Every session keeps within work_mem; together they do not fit.",
              384 * MIB,
              Map.of("work_mem", "16MB"),
              Scenarios::sortInManyCursors),
          scenario(
              "aggregate",
              "An aggregate that work_mem does not bound",
              KILLS,
              "work_mem is no cap: the state of array_agg grows as it likes.",
              256 * MIB,
              Map.of("work_mem", "1MB"),
              stage ->
                  stage.execute(
                      "SELECT cardinality(array_agg(repeat(md5(g::text), 8)))"
                          + " FROM generate_series(1, 3000000) g")),
          scenario(
              "parallel-hash-shm",
              "A parallel hash in shared memory",
              KILLS,
              "A parallel hash lives in shared memory: a guard of malloc alone never sees it.",
              256 * MIB,
              Map.ofEntries(
                  Map.entry("work_mem", "512MB"),
                  Map.entry("max_parallel_workers_per_gather", "2"),
                  Map.entry("parallel_setup_cost", "0"),
                  Map.entry("parallel_tuple_cost", "0"),
                  Map.entry("min_parallel_table_scan_size", "0"),
                  Map.entry("enable_mergejoin", "off"),
                  Map.entry("enable_nestloop", "off")),
              new Prepared(
                  stage ->
                      stage.session(s -> {
                        Stage.drain(s, Sql.fillTable("wide", 240));
                        Stage.drain(s, "ANALYZE wide");
                      }),
                  stage ->
                      stage.execute(
                          "SELECT count(a.line || b.line) FROM wide a JOIN wide b USING (id)"))),
          scenario(
              "connection-storm",
              "A storm of connections that all touch a large shared_buffers",
              KILLS,
              "Page tables grow with every connection and raise the floor under all queries.",
              384 * MIB,
              Map.of("shared_buffers", "224MB"),
              new Prepared(
                  stage -> {
                    for (int i = 0; i < 5; i++) {
                      stage.execute(Sql.sparseTable("warm_" + i, 40));
                    }
                  },
                  Scenarios::connectUntilKilled)),
          new Scenario(
              "hypertable-or-clauses",
              "A hypertable with hundreds of chunks under hundreds of OR clauses",
              KILLS,
              "Planning copies every clause for every chunk, in blocks too small to notice one by one.",
              320 * MIB,
              1,
              false,
              Map.of("max_locks_per_transaction", "2048"),
              Set.of(Need.TIMESCALEDB),
              new Prepared(Scenarios::makeHypertable, Scenarios::queryHypertable)),
          scenario(
              "maintenance",
              "CREATE INDEX with a large maintenance_work_mem",
              KILLS,
              "Maintenance has a limit of its own, and it is rarely small.",
              256 * MIB,
              Map.of("maintenance_work_mem", "1GB", "max_parallel_maintenance_workers", "0"),
              new Prepared(
                  stage ->
                      stage.execute(
                          "CREATE TABLE tagged AS SELECT g AS id,"
                              + " (SELECT array_agg(g * 60 + n) FROM generate_series(1, 60) n) AS tags"
                              + " FROM generate_series(1, 60000) g"),
                  stage -> stage.execute("CREATE INDEX ON tagged USING gin (tags)"))),
          scenario(
              "idle-holders",
              "Idle sessions that hold memory",
              KILLS,
              "Sessions that do nothing hold temporary buffers; a modest query pays for them.",
              320 * MIB,
              Map.of("temp_buffers", "32MB"),
              Scenarios::queryBesideIdleSessions),
          scenario(
              "catalog-bloat",
              "Caches of thousands of tables",
              KILLS,
              "Catalog and plan caches are never given back; every session has its own.",
              256 * MIB,
              Map.of("max_connections", "20", "max_locks_per_transaction", "512"),
              new Prepared(
                  stage -> {
                    for (int from = 1; from <= 2000; from += 200) {
                      stage.execute(
                          Sql.repeat(
                              from, from + 199, "CREATE TABLE part_%1$s (id int, value int)"));
                    }
                  },
                  Scenarios::fillCatalogCaches)),
          scenario(
              "neighbour",
              "Another program in the same cgroup",
              KILLS,
              "The kernel counts everybody: a query that would fit alone does not fit beside a guest.",
              320 * MIB,
              Map.of(),
              Scenarios::queryBesideNeighbour),
          scenario(
              "arena-trap",
              "Sessions that free what they held, one after the other",
              KILLS,
              "The C library keeps what a session frees; the next session stacks on top.",
              448 * MIB,
              Map.of("max_locks_per_transaction", "2048"),
              new Prepared(ArenaTrap::partition, ArenaTrap::stack)),
          new Scenario(
              "burst",
              "Several servers killed within a second",
              KILLS,
              "Kills come in bursts; each must be told from the others and stored once.",
              160 * MIB,
              6,
              false,
              Map.of("max_connections", "20"),
              Set.of(),
              stage -> stage.execute(Sql.value(200))),
          new Scenario(
              "group-kill",
              "A kill that takes the whole container",
              KILLS,
              "With memory.oom.group, as Kubernetes sets it, one decision has many victims.",
              256 * MIB,
              1,
              true,
              Map.of("work_mem", "1GB"),
              Set.of(Need.CGROUP_V2),
              stage -> stage.execute(Sql.sort(3_000_000, 8))),
          scenario(
              "page-cache",
              "More page cache than the limit",
              SURVIVES,
              "Usage at the limit means nothing by itself: cache is given back.",
              192 * MIB,
              Map.of(),
              new Prepared(
                  stage -> stage.execute(Sql.fillTable("large", 256)),
                  stage -> {
                    for (int i = 0; i < 4; i++) {
                      stage.execute("SELECT count(*) FROM large");
                    }
                  })),
          scenario(
              "near-miss",
              "A peak that comes close",
              SURVIVES,
              "A limit that is too careful would have stopped this for nothing.",
              256 * MIB,
              Map.of(),
              stage -> {
                for (int i = 0; i < 5; i++) {
                  stage.execute(Sql.value(212));
                }
              }),
          scenario(
              "spilling-sort",
              "A large sort with little work_mem",
              SURVIVES,
              "work_mem bounds a sort: it goes to disk, and only page cache grows.",
              256 * MIB,
              Map.of("work_mem", "4MB"),
              stage -> stage.execute(Sql.sort(800_000, 8))),
          scenario(
              "churn",
              "Many short allocations",
              SURVIVES,
              "What all statements allocated together is not what they hold at a time.",
              160 * MIB,
              Map.of(),
              stage ->
                  stage.together(
                      6,
                      (s, index) ->
                          s.session(statement -> {
                            for (int i = 0; i < 60; i++) {
                              Stage.drain(statement, Sql.value(4 + (index + i) % 8));
                            }
                          }))));

  private Scenarios() {}

  /** Every scenario, baits included. */
  public static List<Scenario> list() {
    return ALL;
  }

  /** The scenario with a name, such as {@code huge-sort}. */
  public static Optional<Scenario> find(String name) {
    return ALL.stream().filter(scenario -> scenario.name().equals(name)).findFirst();
  }

  /** One part of a workload. */
  @FunctionalInterface
  private interface Step {
    void run(Stage stage) throws Exception;
  }

  /** A load that needs tables first. */
  private record Prepared(Step preparation, Step step) implements Workload {
    @Override
    public void prepare(Stage stage) throws Exception {
      preparation.run(stage);
    }

    @Override
    public void load(Stage stage) throws Exception {
      step.run(stage);
    }
  }

  private static Scenario scenario(
      String name,
      String title,
      Expectation expectation,
      String shows,
      long memoryMaxBytes,
      Map<String, String> settings,
      Workload workload) {
    return new Scenario(
        name, title, expectation, shows, memoryMaxBytes, 1, false, settings, Set.of(), workload);
  }

  private static void sortInManyCursors(Stage stage) throws Exception {
    boolean alive = true;
    for (int i = 0; alive && i < 60; i++) {
      alive =
          stage.hold(s -> {
            Stage.drain(s, "BEGIN");
            Stage.drain(s, "DECLARE sorted CURSOR FOR " + Sql.sortedRows(40_000, 8));
            Stage.drain(s, "FETCH 1 FROM sorted");
          });
    }
  }

  private static void connectUntilKilled(Stage stage) throws Exception {
    boolean alive = true;
    for (int i = 0; alive && i < 200; i++) {
      alive =
          stage.hold(s -> {
            for (int table = 0; table < 5; table++) {
              Stage.drain(s, "SELECT count(*) FROM warm_" + table);
            }
          });
    }
  }

  private static void makeHypertable(Stage stage) throws Exception {
    stage.session(s -> {
      Stage.drain(s, "CREATE EXTENSION timescaledb");
      Stage.drain(s, "CREATE TABLE reading (at timestamptz NOT NULL, device int, value float)");
      Stage.drain(
          s, "SELECT create_hypertable('reading', 'at', chunk_time_interval => interval '1 day')");
      Stage.drain(
          s,
          "INSERT INTO reading SELECT '2026-01-01'::timestamptz + g * interval '1 day', g, g"
              + " FROM generate_series(0, 299) g");
    });
  }

  private static void queryHypertable(Stage stage) throws Exception {
    String clauses =
        IntStream.range(0, 300)
            .mapToObj(i ->
                "(device = %d AND value > %d AND at > '2026-01-01'::timestamptz)".formatted(i, i))
            .collect(Collectors.joining(" OR "));
    stage.execute("SELECT count(*) FROM reading WHERE " + clauses);
  }

  private static void queryBesideIdleSessions(Stage stage) throws Exception {
    boolean alive = true;
    for (int i = 0; alive && i < 6; i++) {
      alive =
          stage.hold(s -> {
            Stage.drain(
                s,
                "CREATE TEMP TABLE kept AS SELECT repeat(md5(g::text), 30) AS line"
                    + " FROM generate_series(1, 40000) g");
          });
    }
    stage.execute(Sql.value(120));
  }

  private static void fillCatalogCaches(Stage stage) throws Exception {
    String plans =
        IntStream.range(0, 4)
            .mapToObj(n ->
                "PREPARE find_%1$s_"
                    + n
                    + " AS SELECT * FROM part_%1$s a JOIN part_%1$s b USING (id) WHERE id = $1")
            .collect(Collectors.joining(";"));
    boolean alive = true;
    for (int i = 0; alive && i < 8; i++) {
      alive = stage.hold(s -> Stage.drain(s, Sql.repeat(1, 2000, plans)));
    }
  }

  private static void queryBesideNeighbour(Stage stage) throws Exception {
    stage.neighbour("(head -c 100M /dev/zero; sleep 180) | tail -c 100M", 100 * MIB);
    // The guest was there before: whoever looks once a second has seen it when the query starts.
    stage.execute("SELECT pg_sleep(2.5)");
    stage.execute(Sql.value(220));
  }
}
