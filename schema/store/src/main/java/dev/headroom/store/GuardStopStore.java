package dev.headroom.store;

import static dev.headroom.store.jooq.Tables.GUARD_STOP;

import dev.headroom.model.rollout.GuardStop;
import dev.headroom.store.jooq.tables.records.GuardStopRecord;
import java.sql.Connection;
import java.util.List;
import java.util.Optional;
import javax.sql.DataSource;
import org.jooq.impl.DSL;

/** Stops every guard everywhere, and ends that. Safe for use by several threads. */
public final class GuardStopStore {

  private final DataSource dataSource;

  public GuardStopStore(DataSource dataSource) {
    this.dataSource = dataSource;
  }

  /**
   * Tells every guard to be off, whatever the rollouts say.
   *
   * @return what holds from now on; when a stop held already, this one is recorded too
   */
  public GuardStop stop(String actor, String reason) {
    return Transaction.write(
        dataSource, "stopping every guard", connection -> insert(connection, true, actor, reason));
  }

  /**
   * Lets the rollouts hold again.
   *
   * @return empty when no stop held
   */
  public Optional<GuardStop> lift(String actor, String reason) {
    return Transaction.write(
        dataSource,
        "lifting the stop of every guard",
        connection -> {
          oneAfterTheOther(connection);
          boolean stopped = newest(connection).map(GuardStop::stopped).orElse(false);
          return stopped ? Optional.of(insert(connection, false, actor, reason)) : Optional.empty();
        });
  }

  /** The stop that holds, if one does. */
  public Optional<GuardStop> find() {
    return Transaction.read(dataSource, "looking for a stop", GuardStopStore::newest)
        .filter(GuardStop::stopped);
  }

  /** Every stop and its end, newest first. */
  public List<GuardStop> list() {
    return Transaction.read(
        dataSource,
        "listing stops",
        connection ->
            Transaction.sql(connection)
                .selectFrom(GUARD_STOP)
                .orderBy(GUARD_STOP.GUARD_STOP_ID.desc())
                .fetch(GuardStopStore::guardStop));
  }

  private static Optional<GuardStop> newest(Connection connection) {
    return Transaction.sql(connection)
        .selectFrom(GUARD_STOP)
        .orderBy(GUARD_STOP.GUARD_STOP_ID.desc())
        .limit(1)
        .fetchOptional(GuardStopStore::guardStop);
  }

  private static GuardStop insert(
      Connection connection, boolean stopped, String actor, String reason) {
    oneAfterTheOther(connection);
    return Transaction.sql(connection)
        .insertInto(GUARD_STOP)
        .set(GUARD_STOP.STOPPED, stopped)
        .set(GUARD_STOP.ACTOR, actor)
        .set(GUARD_STOP.REASON, reason)
        .returning()
        .fetchSingle(GuardStopStore::guardStop);
  }

  /** So that a lift ends the stop it has seen, and none that came in between. */
  private static void oneAfterTheOther(Connection connection) {
    Transaction.sql(connection)
        .select(DSL.field("pg_advisory_xact_lock(hashtextextended('headroom.guard_stop', 0))"))
        .fetch();
  }

  private static GuardStop guardStop(GuardStopRecord row) {
    return new GuardStop(
        row.getStopped(), row.getActor(), row.getReason(), row.getOccurredAt().toInstant());
  }
}
