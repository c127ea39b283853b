package dev.headroom.store;

import dev.headroom.model.rollout.FlagState;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import javax.sql.DataSource;

/** What flags are evaluated from, out of the database. Any of Headroom's roles may read it. */
public final class FlagStateStore {

  private final DataSource dataSource;

  public FlagStateStore(DataSource dataSource) {
    this.dataSource = dataSource;
  }

  /**
   * The state now, from one snapshot.
   *
   * @throws DatabaseException when the database cannot be used, or a newer program wrote it
   */
  public FlagState read() {
    try (Connection connection = dataSource.getConnection()) {
      return read(connection);
    } catch (SQLException e) {
      throw DatabaseException.of(e, DOING);
    }
  }

  static final String DOING = "reading the flags";

  static FlagState read(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet state = statement.executeQuery("SELECT headroom.flag_state()")) {
      state.next();
      return FlagStateJson.parse(state.getString(1));
    } catch (IllegalArgumentException unknown) {
      throw new DatabaseException(
          DatabaseException.Reason.SCHEMA_TOO_NEW,
          DOING + " failed: " + unknown.getMessage() + "; use the newer program that wrote them",
          unknown);
    }
  }
}
