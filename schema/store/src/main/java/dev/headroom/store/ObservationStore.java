package dev.headroom.store;

import dev.headroom.model.CollectorEvent;
import dev.headroom.model.Decision;
import dev.headroom.model.GuardEvent;
import dev.headroom.model.Instance;
import dev.headroom.model.InstanceEvent;
import dev.headroom.model.Node;
import dev.headroom.model.Observation;
import dev.headroom.model.OomKill;
import dev.headroom.model.Sample;
import dev.headroom.store.ObservationTables.ProcessRow;
import dev.headroom.store.copy.BinaryCopyBuffer;
import dev.headroom.store.copy.CopyTable;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import javax.sql.DataSource;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyIn;

/**
 * Stores observations exactly once by their keys, by binary COPY.
 *
 * <p>A batch is one transaction: each kind of observation is copied into a temporary table and from
 * there inserted where its key is new. The rows of a batch may have been stored before, in part or
 * whole, by this caller or another one at this moment. Needs no more than role {@code
 * headroom_collector}.
 *
 * <p>Safe for use by several threads.
 */
public final class ObservationStore {

  private static final int ATTEMPTS = 5;

  /** Serialization failure, deadlock: the same transaction, tried again, may well succeed. */
  private static final Set<String> TRY_AGAIN = Set.of("40001", "40P01");

  /** Data exception, integrity violation, size limits, cardinality, check option, raised error. */
  private static final Set<String> BAD_ROW_CLASSES = Set.of("21", "22", "23", "44", "54", "P0");

  private final DataSource dataSource;

  public ObservationStore(DataSource dataSource) {
    this.dataSource = dataSource;
  }

  /**
   * Stores the observations. A row that the database can never take is set apart and returned; the
   * others of its batch are stored all the same, then in several transactions.
   *
   * @throws DatabaseException when the database cannot be used now; call again with the same batch
   */
  public StoreResult store(List<? extends Observation> observations) {
    if (observations.isEmpty()) {
      return new StoreResult(0, 0, List.of());
    }
    try {
      return storeTogether(observations);
    } catch (BadRowException bad) {
      if (observations.size() == 1) {
        return new StoreResult(
            0, 0, List.of(new StoreResult.Rejection(observations.getFirst(), bad.reason())));
      }
      int middle = observations.size() / 2;
      StoreResult left = store(observations.subList(0, middle));
      return left.plus(store(observations.subList(middle, observations.size())));
    }
  }

  private StoreResult storeTogether(List<? extends Observation> observations)
      throws BadRowException {
    Batch batch = Batch.of(observations);
    for (int attempt = 1; ; attempt++) {
      try {
        int stored = Transaction.write(dataSource, batch::storeInto);
        return new StoreResult(stored, observations.size() - stored, List.of());
      } catch (ArithmeticException e) {
        throw new BadRowException(e);
      } catch (SQLException e) {
        String sqlState = e.getSQLState() == null ? "" : e.getSQLState();
        if (TRY_AGAIN.contains(sqlState) && attempt < ATTEMPTS) {
          continue;
        }
        if (sqlState.length() == 5 && BAD_ROW_CLASSES.contains(sqlState.substring(0, 2))) {
          throw new BadRowException(e);
        }
        throw DatabaseException.of(e, "storing " + observations.size() + " observations");
      }
    }
  }

  /** The observations of one transaction, apart by table. */
  private record Batch(
      List<Node> nodes,
      List<Instance> instances,
      List<Sample> samples,
      List<ProcessRow> processes,
      List<OomKill> kills,
      List<InstanceEvent> instanceEvents,
      List<GuardEvent> guardEvents,
      List<Decision> decisions,
      List<CollectorEvent> collectorEvents) {

    static Batch of(List<? extends Observation> observations) {
      Batch batch =
          new Batch(
              new ArrayList<>(),
              new ArrayList<>(),
              new ArrayList<>(),
              new ArrayList<>(),
              new ArrayList<>(),
              new ArrayList<>(),
              new ArrayList<>(),
              new ArrayList<>(),
              new ArrayList<>());
      for (Observation observation : observations) {
        switch (observation) {
          case Node node -> batch.nodes.add(node);
          case Instance instance -> batch.instances.add(instance);
          case Sample sample -> {
            batch.samples.add(sample);
            sample.processes().forEach(it -> batch.processes.add(new ProcessRow(sample, it)));
          }
          case OomKill kill -> batch.kills.add(kill);
          case InstanceEvent event -> batch.instanceEvents.add(event);
          case GuardEvent event -> batch.guardEvents.add(event);
          case Decision decision -> batch.decisions.add(decision);
          case CollectorEvent event -> batch.collectorEvents.add(event);
        }
      }
      return batch;
    }

    /** Returns how many observations were new; processes go with their sample and do not count. */
    int storeInto(Connection connection) throws SQLException {
      int stored = 0;
      stored += observe(connection, ObservationTables.NODE, nodes, "observe_node");
      stored += observe(connection, ObservationTables.INSTANCE, instances, "observe_instance");
      stored += insert(connection, ObservationTables.MEMORY_SAMPLE, samples, "1, 2");
      insert(connection, ObservationTables.PROCESS_SAMPLE, processes, "1, 2, 3");
      stored += insert(connection, ObservationTables.OOM_KILL, kills, "1, 2");
      stored += insert(connection, ObservationTables.INSTANCE_EVENT, instanceEvents, "1, 2, 3");
      stored += insert(connection, ObservationTables.GUARD_EVENT, guardEvents, "1, 2, 3, 4, 8");
      stored += insert(connection, ObservationTables.DECISION, decisions, "1, 2, 3");
      stored +=
          insert(connection, ObservationTables.COLLECTOR_EVENT, collectorEvents, "1, 2, 3, 4");
      return stored;
    }
  }

  /** Brings rows up to date by a function, in the order of their key and time. */
  private static <R> int observe(
      Connection connection, CopyTable<R> table, List<R> rows, String function)
      throws SQLException {
    if (rows.isEmpty()) {
      return 0;
    }
    String staging = stage(connection, table, rows);
    try (Statement statement = connection.createStatement();
        ResultSet changed =
            statement.executeQuery(
                "SELECT count(*) FILTER (WHERE headroom.%s(%s)) FROM (SELECT * FROM %s ORDER BY 1, observed_at) AS staged"
                    .formatted(function, table.columnList(), staging))) {
      changed.next();
      return changed.getInt(1);
    }
  }

  /**
   * Inserts rows whose key is new. They go in the order of their key: two callers that store the
   * same rows then wait for each other instead of dead-locking.
   */
  private static <R> int insert(
      Connection connection, CopyTable<R> table, List<R> rows, String keyColumns)
      throws SQLException {
    if (rows.isEmpty()) {
      return 0;
    }
    String staging = stage(connection, table, rows);
    try (Statement statement = connection.createStatement()) {
      return statement.executeUpdate(
          "INSERT INTO headroom.%s (%s) SELECT %s FROM %s ORDER BY %s ON CONFLICT DO NOTHING"
              .formatted(
                  table.name(), table.columnList(), table.columnList(), staging, keyColumns));
    }
  }

  /** Copies rows into a temporary table, which empties itself at the end of the transaction. */
  private static <R> String stage(Connection connection, CopyTable<R> table, List<R> rows)
      throws SQLException {
    String staging = "pg_temp.staged_" + table.name();
    try (Statement statement = connection.createStatement()) {
      statement.execute(
          "SET LOCAL client_min_messages = warning; CREATE TEMPORARY TABLE IF NOT EXISTS staged_%s (%s) ON COMMIT DELETE ROWS"
              .formatted(table.name(), table.columnDefinitions()));
    }
    BinaryCopyBuffer encoded = table.encode(rows);
    CopyIn copy =
        connection
            .unwrap(PGConnection.class)
            .getCopyAPI()
            .copyIn(
                "COPY %s (%s) FROM STDIN (FORMAT binary)".formatted(staging, table.columnList()));
    copy.writeToCopy(encoded.array(), 0, encoded.length());
    copy.endCopy();
    return staging;
  }

  /** At least one row of the batch cannot be stored as it is. */
  private static final class BadRowException extends Exception {
    private static final long serialVersionUID = 1L;

    BadRowException(Exception cause) {
      super(cause);
    }

    String reason() {
      return String.valueOf(getCause() == null ? getMessage() : getCause().getMessage());
    }
  }
}
