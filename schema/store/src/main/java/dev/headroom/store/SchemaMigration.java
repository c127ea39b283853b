package dev.headroom.store;

import java.util.Arrays;
import java.util.List;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.CoreMigrationType;
import org.flywaydb.core.api.FlywayException;
import org.flywaydb.core.api.MigrationInfo;
import org.flywaydb.core.api.MigrationState;
import org.jspecify.annotations.Nullable;

/** Brings a database to the schema of this program. */
public final class SchemaMigration {

  /** The newest versioned migration of this program. */
  public static final int LATEST_VERSION = 46;

  private static final String LOCATION = "classpath:dev/headroom/store/migration";

  /**
   * One migration, applied or not.
   *
   * @param version its number; absent for one that is repeated whenever it changed
   * @param description its file's name in words
   * @param state such as {@code SUCCESS}, {@code PENDING} or {@code FUTURE}
   */
  public record Step(@Nullable Integer version, String description, MigrationState state) {}

  private SchemaMigration() {}

  /**
   * Applies what is missing. Two callers at once are fine: one waits for the other.
   *
   * @return how many migrations were applied; 0 when there was nothing to do
   * @throws DatabaseException when the database cannot be reached or a migration failed
   */
  public static int migrate(DataSource dataSource) {
    try {
      return flyway(dataSource).migrate().migrationsExecuted;
    } catch (FlywayException e) {
      throw failure(e);
    }
  }

  /**
   * All migrations of this program and of the database, in the order in which they apply.
   *
   * @throws DatabaseException when the database cannot be reached
   */
  public static List<Step> info(DataSource dataSource) {
    try {
      return Arrays.stream(flyway(dataSource).info().all())
          .filter(info -> info.getType() != CoreMigrationType.SCHEMA)
          .map(SchemaMigration::step)
          .toList();
    } catch (FlywayException e) {
      throw failure(e);
    }
  }

  private static Step step(MigrationInfo info) {
    Integer version = info.isVersioned() ? Integer.valueOf(info.getVersion().getVersion()) : null;
    return new Step(version, info.getDescription(), info.getState());
  }

  private static Flyway flyway(DataSource dataSource) {
    return Flyway.configure(SchemaMigration.class.getClassLoader())
        .dataSource(dataSource)
        .schemas("headroom")
        .table("schema_history")
        .locations(LOCATION)
        .placeholderReplacement(false)
        .failOnMissingLocations(true)
        // A transaction that is held open all along would block CREATE INDEX CONCURRENTLY for ever.
        .configuration(java.util.Map.of("flyway.postgresql.transactional.lock", "false"))
        .load();
  }

  private static DatabaseException failure(FlywayException error) {
    for (Throwable cause = error; cause != null; cause = cause.getCause()) {
      if (cause instanceof java.sql.SQLException sqlError) {
        return DatabaseException.of(sqlError, "migrating the database");
      }
    }
    return new DatabaseException(
        DatabaseException.Reason.REFUSED,
        "migrating the database failed: " + error.getMessage(),
        error);
  }
}
