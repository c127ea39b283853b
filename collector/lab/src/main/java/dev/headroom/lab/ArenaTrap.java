package dev.headroom.lab;

import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * The load under which the C library's allocator keeps what Postgres frees.
 *
 * <p>A cursor's plan is copied into its portal's memory context, whose blocks never grow beyond 8
 * KiB: below the size from which the allocator maps blocks one by one. A plan for hundreds of
 * partitions under hundreds of OR clauses fills tens of thousands of them. When the cursor is
 * closed they are freed, but a small block that lives on above them keeps the heap from shrinking.
 */
final class ArenaTrap {

  private static final int PARTITIONS = 300;
  private static final int CLAUSES = 150;
  private static final int SESSIONS = 6;

  private ArenaTrap() {}

  /** Makes the table; the planner reads no row of it. */
  static void partition(Stage stage) throws Exception {
    stage.session(s -> {
      Stage.drain(
          s,
          "CREATE TABLE measured (at int NOT NULL, device int, value float) PARTITION BY RANGE (at)");
      Stage.drain(
          s,
          Sql.repeat(
              1,
              PARTITIONS,
              "CREATE TABLE measured_%1$s PARTITION OF measured"
                  + " FOR VALUES FROM (%1$s * 100) TO (%1$s * 100 + 100)"));
    });
  }

  /** Each session opens the cursor, closes it, and stays. */
  static void stack(Stage stage) throws Exception {
    String cursor = "DECLARE planned CURSOR FOR SELECT * FROM measured WHERE " + clauses();
    boolean alive = true;
    for (int i = 0; alive && i < SESSIONS; i++) {
      alive =
          stage.hold(s -> {
            Stage.drain(s, "BEGIN");
            Stage.drain(s, cursor);
            // What the session keeps now lies above the plan on the heap.
            Stage.drain(s, "PREPARE kept AS SELECT 1");
            Stage.drain(s, "COMMIT");
          });
    }
  }

  private static String clauses() {
    return IntStream.range(0, CLAUSES)
        .mapToObj(i -> "(device = %1$d AND value > %1$d AND at > 0)".formatted(i))
        .collect(Collectors.joining(" OR "));
  }
}
