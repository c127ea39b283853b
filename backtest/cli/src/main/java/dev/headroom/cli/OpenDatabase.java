package dev.headroom.cli;

import dev.headroom.embedded.DatabaseLocation;
import dev.headroom.embedded.DatabaseUnavailableException;
import dev.headroom.embedded.DatabaseUrl;
import dev.headroom.embedded.HeadroomDatabase;
import dev.headroom.promotion.Promotion;
import dev.headroom.promotion.RolloutController;
import dev.headroom.store.BacktestStore;
import dev.headroom.store.CustodyStore;
import dev.headroom.store.Database;
import dev.headroom.store.GuardStopStore;
import dev.headroom.store.KillStore;
import dev.headroom.store.LeaderLock;
import dev.headroom.store.RecordingStore;
import dev.headroom.store.RolloutStore;
import dev.headroom.store.SchemaMigration;
import java.time.InstantSource;
import java.util.Optional;

/** A database that a command works with, and the stores in it. */
public final class OpenDatabase implements AutoCloseable {

  private final DatabaseUrl url;
  private final Database database;

  private OpenDatabase(DatabaseUrl url, Database database) {
    this.url = url;
    this.database = database;
  }

  /**
   * Starts the database where it is ours, brings ours to this program's schema, and connects. A
   * database that somebody else runs is never migrated unasked.
   */
  public static OpenDatabase start(HeadroomDatabase located, Terminal terminal) {
    return open(located, located.start(terminal::say));
  }

  /**
   * Connects to a database that runs already, under the same rule; empty when none does or when
   * this machine can have none.
   */
  static Optional<OpenDatabase> findRunning(DatabaseOption option) {
    HeadroomDatabase located;
    try {
      located = option.locate();
    } catch (DatabaseUnavailableException none) {
      return Optional.empty();
    }
    return located.findUrl().map(url -> open(located, url));
  }

  private static OpenDatabase open(HeadroomDatabase located, DatabaseUrl url) {
    if (!(located.location() instanceof DatabaseLocation.UrlGiven)) {
      try (Database unmigrated = Database.connect(url.jdbc())) {
        SchemaMigration.migrate(unmigrated.dataSource());
      }
    }
    return new OpenDatabase(url, Database.open(url.jdbc()));
  }

  public DatabaseUrl url() {
    return url;
  }

  /** The connections, for other stores; closed with this. */
  public Database database() {
    return database;
  }

  public RecordingStore recordings() {
    return new RecordingStore(database.dataSource());
  }

  public BacktestStore backtests() {
    return new BacktestStore(database.dataSource());
  }

  public KillStore kills() {
    return new KillStore(database.dataSource());
  }

  public RolloutStore rollouts() {
    return new RolloutStore(database.dataSource());
  }

  public GuardStopStore stops() {
    return new GuardStopStore(database.dataSource());
  }

  public Promotion promotion() {
    return new Promotion(database.dataSource(), InstantSource.system());
  }

  public RolloutController controller() {
    return new RolloutController(database.dataSource(), InstantSource.system());
  }

  /** Leadership over all rollouts; empty when another process has it. */
  public Optional<LeaderLock> tryLeadRollouts() {
    return LeaderLock.tryTake(database.dataSource(), RolloutController.LEADERSHIP);
  }

  public CustodyStore custody() {
    return new CustodyStore(database.dataSource());
  }

  @Override
  public void close() {
    database.close();
  }
}
