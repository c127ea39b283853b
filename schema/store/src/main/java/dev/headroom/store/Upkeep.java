package dev.headroom.store;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * What a process does for the database from time to time, because not every edition has a scheduler
 * of its own. Both calls are quick when there is nothing to do, harmless where a scheduler does the
 * same, and may come from several processes at once. Needs no more than role {@code
 * headroom_collector}.
 */
public final class Upkeep {

  private final DataSource dataSource;

  public Upkeep(DataSource dataSource) {
    this.dataSource = dataSource;
  }

  /**
   * Brings the rollups up to date, a day in each transaction; call it every few minutes. While
   * another process is at it, that one is left to do it.
   *
   * @throws DatabaseException when the database cannot be used now
   */
  public void refreshRollups() {
    String before;
    String behind = behindSince();
    do {
      before = behind;
      call("refresh_rollups", "refreshing the rollups");
      behind = behindSince();
    } while (behind != null && !behind.equals(before));
  }

  /** As text, because its first value is minus infinity. */
  private @Nullable String behindSince() {
    return Transaction.read(
        dataSource,
        "asking how far the rollups are",
        connection ->
            Transaction.sql(connection)
                .fetchSingle("SELECT headroom.rollups_behind_since()::text AS behind_since")
                .get("behind_since", String.class));
  }

  /**
   * Drops what is older than the table {@code retention} says, except what a recording covers; call
   * it once a day.
   *
   * @throws DatabaseException when the database cannot be used now
   */
  public void applyRetention() {
    refreshRollups();
    call("apply_retention", "applying the retention");
  }

  private void call(String procedure, String doing) {
    Transaction.write(dataSource, doing, connection -> call(connection, procedure));
  }

  private static boolean call(Connection connection, String procedure) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      return statement.execute("CALL headroom." + procedure + "()");
    }
  }
}
