package dev.headroom.store;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import javax.sql.DataSource;

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
   * Brings the rollups up to date; call it every few minutes.
   *
   * @throws DatabaseException when the database cannot be used now
   */
  public void refreshRollups() {
    call("refresh_rollups", "refreshing the rollups");
  }

  /**
   * Drops what is older than the table {@code retention} says, except what a recording covers; call
   * it once a day.
   *
   * @throws DatabaseException when the database cannot be used now
   */
  public void applyRetention() {
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
