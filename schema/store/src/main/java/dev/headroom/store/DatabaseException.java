package dev.headroom.store;

import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/**
 * The database cannot be used as it is. Nothing of the failed call was kept, so the caller may try
 * again once the reason is gone; a reason for which {@link Reason#passes} holds may go away without
 * anybody's doing.
 */
public final class DatabaseException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  /** What stands in the way. */
  public enum Reason {
    /** Not reachable, shutting down, out of connections, disk or memory, or too slow. */
    UNAVAILABLE(true),
    /** User, password or privileges do not do. */
    ACCESS_DENIED(false),
    /** The server has no database of this name. */
    NO_SUCH_DATABASE(false),
    /** Tables or functions are missing: {@code headroom db migrate} has not been run. */
    NOT_MIGRATED(false),
    /** A newer program has migrated the database. */
    SCHEMA_TOO_NEW(false),
    /** The URL or the statement is not one the database understands. */
    REFUSED(false);

    private final boolean passes;

    Reason(boolean passes) {
      this.passes = passes;
    }

    /** Whether waiting and trying again may help. */
    public boolean passes() {
      return passes;
    }
  }

  private final Reason reason;

  DatabaseException(Reason reason, String message, @Nullable Throwable cause) {
    super(message, cause);
    this.reason = reason;
  }

  public Reason reason() {
    return reason;
  }

  /**
   * Says what an error of the driver or the server means.
   *
   * @param doing what was attempted, such as {@code storing 12 observations}
   */
  static DatabaseException of(SQLException error, String doing) {
    Reason reason = reasonOf(error.getSQLState());
    String message = doing + " failed: " + error.getMessage() + nextStep(reason);
    return new DatabaseException(reason, message, error);
  }

  private static Reason reasonOf(@Nullable String sqlState) {
    if (sqlState == null || sqlState.length() != 5) {
      return Reason.UNAVAILABLE;
    }
    return switch (sqlState) {
      case "3D000" -> Reason.NO_SUCH_DATABASE;
      case "42501" -> Reason.ACCESS_DENIED;
      // schema, table, function, column or type is not there
      case "3F000", "42P01", "42883", "42703", "42704" -> Reason.NOT_MIGRATED;
      default ->
          switch (sqlState.substring(0, 2)) {
            // connection, transaction rollback, resources, object state, operator, system, internal
            case "08", "25", "40", "53", "55", "57", "58", "XX" -> Reason.UNAVAILABLE;
            case "28" -> Reason.ACCESS_DENIED;
            default -> Reason.REFUSED;
          };
    };
  }

  private static String nextStep(Reason reason) {
    return switch (reason) {
      case NOT_MIGRATED -> "; run: headroom db migrate";
      case NO_SUCH_DATABASE -> "; create it, then run: headroom db migrate";
      case ACCESS_DENIED -> "; check user, password and role membership (docs/schema.md, Roles)";
      case UNAVAILABLE, SCHEMA_TOO_NEW, REFUSED -> "";
    };
  }
}
