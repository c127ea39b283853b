package dev.headroom.collector.sink;

import dev.headroom.model.Observation;
import dev.headroom.store.Database;
import dev.headroom.store.DatabaseException;
import dev.headroom.store.ObservationStore;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Headroom's database, which need not be there when the collector starts. Used by one thread. */
public final class DatabaseSink implements ObservationSink {

  private final String url;
  private @Nullable Database database;

  /**
   * @param url as pgjdbc takes it
   */
  public DatabaseSink(String url) {
    this.url = url;
  }

  @Override
  public List<Rejection> store(List<Observation> observations) throws IOException {
    try {
      return new ObservationStore(database().dataSource())
          .store(observations).rejected().stream()
              .map(rejected -> new Rejection(rejected.observation(), rejected.reason()))
              .toList();
    } catch (DatabaseException away) {
      throw new IOException(away.getMessage(), away);
    }
  }

  private Database database() {
    Database open = database;
    if (open == null) {
      open = Database.open(url);
      database = open;
    }
    return open;
  }

  @Override
  public void close() {
    if (database != null) {
      database.close();
    }
  }
}
