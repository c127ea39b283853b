package dev.headroom.collector.sink;

import dev.headroom.store.Database;
import dev.headroom.store.DatabaseException;
import dev.headroom.store.Upkeep;
import java.io.IOException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The upkeep of Headroom's database, on a connection of its own for each call, so that it neither
 * waits for the sink nor holds it up. Calls come from one thread.
 */
public final class DatabaseUpkeep implements DatabaseUpkeepDuty.Procedures, AutoCloseable {

  private final String url;
  private @Nullable Database inUse;
  private boolean closed;

  /**
   * @param url as pgjdbc takes it
   */
  public DatabaseUpkeep(String url) {
    this.url = url;
  }

  @Override
  public void refreshRollups() throws IOException {
    call(Upkeep::refreshRollups);
  }

  @Override
  public void applyRetention() throws IOException {
    call(Upkeep::applyRetention);
  }

  private void call(Consumer<Upkeep> procedure) throws IOException {
    try (Database database = Database.open(url)) {
      use(database);
      procedure.accept(new Upkeep(database.dataSource()));
    } catch (DatabaseException failed) {
      throw new IOException(failed.getMessage(), failed);
    } finally {
      release();
    }
  }

  private synchronized void use(Database database) throws IOException {
    if (closed) {
      throw new IOException("the collector stops: the database's upkeep is left to the next one");
    }
    inUse = database;
  }

  private synchronized void release() {
    inUse = null;
  }

  /** Breaks off a call that is under way; the database undoes what it did. Any thread. */
  @Override
  public synchronized void close() {
    closed = true;
    if (inUse != null) {
      inUse.close();
    }
  }
}
