package dev.headroom.store;

import dev.headroom.model.BackendKind;
import dev.headroom.model.Fact;
import dev.headroom.model.Facts;
import dev.headroom.model.InstanceId;
import dev.headroom.model.MemoryLimit;
import dev.headroom.model.ProcessSample;
import dev.headroom.model.Sample;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGStatement;

/**
 * Reads the samples of one instance in the order of time.
 *
 * <p>This is the path that a replay waits for. Two cursors, one over {@code memory_sample} and one
 * over {@code process_sample}, run side by side in the order of the same key and are merged, so
 * that no more than one fetch of each is in memory besides the result. Columns are read by
 * position, in binary, without an object for a row. Equal names become one string: a recording has
 * millions of processes and a handful of databases and users.
 */
final class SampleReader {

  private static final int FETCH_ROWS = 4_000;

  /** Below zero the driver asks for binary from the first execution on. */
  private static final int BINARY_AT_ONCE = -1;

  private static final int FIRST_FACT = 5;

  private final InstanceId instanceId;
  private final ResultSet memory;
  private final ResultSet processes;
  private final Map<String, String> names = new HashMap<>();
  private @Nullable Instant processesAt;

  private SampleReader(InstanceId instanceId, ResultSet memory, ResultSet processes) {
    this.instanceId = instanceId;
    this.memory = memory;
    this.processes = processes;
  }

  /**
   * The samples from {@code from} on and before {@code to}.
   *
   * @param connection in a transaction, so that both cursors see the same state
   */
  static List<Sample> read(Connection connection, InstanceId id, Instant from, Instant to)
      throws SQLException {
    try (PreparedStatement memory =
            prepare(connection, ObservationTables.MEMORY_SAMPLE.columnList(), "memory_sample", "");
        PreparedStatement processes =
            prepare(
                connection,
                ObservationTables.PROCESS_SAMPLE.columnList(),
                "process_sample",
                ", pid");
        ResultSet memoryRows = execute(memory, id, from, to);
        ResultSet processRows = execute(processes, id, from, to)) {
      return new SampleReader(id, memoryRows, processRows).readAll();
    }
  }

  private static PreparedStatement prepare(
      Connection connection, String columns, String table, String andOrder) throws SQLException {
    PreparedStatement statement =
        connection.prepareStatement(
            "SELECT %s FROM headroom.%s WHERE instance_id = ? AND sampled_at >= ? AND sampled_at < ? ORDER BY sampled_at%s"
                .formatted(columns, table, andOrder));
    statement.setFetchSize(FETCH_ROWS);
    statement.unwrap(PGStatement.class).setPrepareThreshold(BINARY_AT_ONCE);
    return statement;
  }

  private static ResultSet execute(
      PreparedStatement statement, InstanceId id, Instant from, Instant to) throws SQLException {
    statement.setObject(1, id.value());
    statement.setObject(2, from.atOffset(ZoneOffset.UTC));
    statement.setObject(3, to.atOffset(ZoneOffset.UTC));
    return statement.executeQuery();
  }

  private List<Sample> readAll() throws SQLException {
    List<Sample> samples = new ArrayList<>();
    nextProcess();
    while (memory.next()) {
      Instant sampledAt = instant(memory, 1);
      MemoryLimit memoryMax =
          StoredRow.memoryLimit(longOrNull(memory, 3), booleanOrNull(memory, 4));
      samples.add(new Sample(instanceId, sampledAt, memoryMax, facts(), readProcesses(sampledAt)));
    }
    return samples;
  }

  private Facts facts() throws SQLException {
    Facts.Builder facts = Facts.builder();
    int column = FIRST_FACT;
    for (Fact fact : Fact.values()) {
      long value = memory.getLong(column++);
      if (!memory.wasNull()) {
        facts.set(fact, value);
      }
    }
    return facts.build();
  }

  private List<ProcessSample> readProcesses(Instant sampledAt) throws SQLException {
    List<ProcessSample> found = new ArrayList<>();
    while (processesAt != null && !processesAt.isAfter(sampledAt)) {
      if (processesAt.equals(sampledAt)) {
        found.add(process());
      }
      nextProcess();
    }
    return found;
  }

  private void nextProcess() throws SQLException {
    processesAt = processes.next() ? instant(processes, 1) : null;
  }

  private ProcessSample process() throws SQLException {
    return new ProcessSample(
        processes.getInt(3),
        processes.getLong(4),
        intOrNull(processes, 5),
        Labels.get(BackendKind.class, processes.getString(6)),
        processes.getBoolean(7),
        name(8),
        name(9),
        longOrNull(processes, 10),
        longOrNull(processes, 11),
        longOrNull(processes, 12),
        longOrNull(processes, 13),
        longOrNull(processes, 14),
        longOrNull(processes, 15),
        longOrNull(processes, 16),
        longOrNull(processes, 17),
        intOrNull(processes, 18),
        longOrNull(processes, 19),
        longOrNull(processes, 20));
  }

  private @Nullable String name(int column) throws SQLException {
    String name = processes.getString(column);
    return name == null ? null : names.computeIfAbsent(name, first -> first);
  }

  private static Instant instant(ResultSet row, int column) throws SQLException {
    return row.getObject(column, OffsetDateTime.class).toInstant();
  }

  private static @Nullable Long longOrNull(ResultSet row, int column) throws SQLException {
    long value = row.getLong(column);
    return row.wasNull() ? null : value;
  }

  private static @Nullable Integer intOrNull(ResultSet row, int column) throws SQLException {
    int value = row.getInt(column);
    return row.wasNull() ? null : value;
  }

  private static @Nullable Boolean booleanOrNull(ResultSet row, int column) throws SQLException {
    boolean value = row.getBoolean(column);
    return row.wasNull() ? null : value;
  }
}
