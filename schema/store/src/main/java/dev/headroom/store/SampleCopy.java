package dev.headroom.store;

import dev.headroom.model.Decision;
import dev.headroom.model.InstanceId;
import dev.headroom.model.InstanceRecording;
import dev.headroom.store.RecordingStore.SampleSink;
import dev.headroom.store.copy.BinaryCopyReader;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.TreeMap;
import java.util.UUID;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyManager;

/**
 * Hands out the samples of one instance by binary COPY, and tells without reading them whether they
 * are still the same.
 */
final class SampleCopy {

  private static final String TIME = "(extract(epoch FROM sampled_at) * 1000000)::bigint";

  private SampleCopy() {}

  /** Reads the samples, then their processes; both in the order of their key. */
  static void copy(Connection connection, InstanceId id, Instant from, Instant to, SampleSink sink)
      throws SQLException {
    CopyManager copies = connection.unwrap(PGConnection.class).getCopyAPI();
    BinaryCopyReader samples =
        new BinaryCopyReader(
            copies.copyOut(
                statement(
                    "memory_sample",
                    ObservationTables.MEMORY_SAMPLE.columnList(),
                    "sampled_at",
                    id,
                    from,
                    to)));
    while (samples.next()) {
      sink.sample(samples);
    }
    BinaryCopyReader processes =
        new BinaryCopyReader(
            copies.copyOut(
                statement(
                    "process_sample",
                    ObservationTables.PROCESS_SAMPLE.columnList(),
                    "sampled_at, pid",
                    id,
                    from,
                    to)));
    while (processes.next()) {
      sink.process(processes);
    }
  }

  /** COPY takes no parameters; an id and two instants have no quotes in them. */
  static String statement(
      String table, String columns, String order, InstanceId id, Instant from, Instant to) {
    return "COPY (SELECT %s FROM headroom.%s WHERE instance_id = '%s' AND sampled_at >= '%s' AND sampled_at < '%s' ORDER BY %s) TO STDOUT (FORMAT binary)"
        .formatted(
            columns,
            table,
            id.value(),
            from.atOffset(ZoneOffset.UTC),
            to.atOffset(ZoneOffset.UTC),
            order);
  }

  /**
   * Stands for everything recorded of the instance in the range. Samples are stored once, by key,
   * and never changed, so that how many there are and a sum over hashes of their keys tell whether
   * any was added or removed; what else is recorded is in memory and counts as it is.
   */
  static String fingerprint(
      Connection connection, InstanceRecording events, Instant from, Instant to)
      throws SQLException {
    UUID id = events.instance().id().value();
    StringBuilder rest = new StringBuilder();
    rest.append(events.kills()).append(events.instanceEvents()).append(events.guardEvents());
    for (Decision decision : events.decisions()) {
      // a map's own order changes from one start of the JVM to the next
      rest.append(decision.decidedAt())
          .append(decision.policyId())
          .append(decision.limitBytes())
          .append(decision.mode())
          .append(decision.applied())
          .append(decision.reason())
          .append(new TreeMap<>(decision.inputs()))
          .append(decision.evaluationNs());
    }
    return String.join(
        " ",
        id.toString(),
        from.toString(),
        to.toString(),
        keys(connection, "memory_sample", TIME, id, from, to),
        keys(connection, "process_sample", TIME + " # pid", id, from, to),
        UUID.nameUUIDFromBytes(rest.toString().getBytes(StandardCharsets.UTF_8)).toString());
  }

  private static String keys(
      Connection connection, String table, String key, UUID id, Instant from, Instant to)
      throws SQLException {
    try (PreparedStatement statement =
        connection.prepareStatement(
            "SELECT count(*) || ' ' || coalesce(sum(hashint8(%s)), 0) FROM headroom.%s WHERE instance_id = ? AND sampled_at >= ? AND sampled_at < ?"
                .formatted(key, table))) {
      statement.setObject(1, id);
      statement.setObject(2, from.atOffset(ZoneOffset.UTC));
      statement.setObject(3, to.atOffset(ZoneOffset.UTC));
      try (ResultSet row = statement.executeQuery()) {
        row.next();
        return row.getString(1);
      }
    }
  }
}
