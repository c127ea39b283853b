package dev.headroom.load;

import dev.headroom.embedded.DatabaseResolver;
import dev.headroom.embedded.DatabaseUrl;
import dev.headroom.embedded.HeadroomDatabase;
import dev.headroom.embedded.HeadroomHome;
import dev.headroom.store.Database;
import dev.headroom.store.SchemaMigration;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * The database of a made-up fleet, in a folder of its own. It is kept until it is removed, and
 * stopped when this is closed.
 */
final class FleetDatabase implements AutoCloseable {

  private final HeadroomHome home;
  private final HeadroomDatabase server;
  private final Consumer<String> say;

  private FleetDatabase(HeadroomHome home, HeadroomDatabase server, Consumer<String> say) {
    this.home = home;
    this.server = server;
    this.say = say;
  }

  /** The database in this folder, there or not; starts nothing. */
  static FleetDatabase in(Path folder, Map<String, String> environment, Consumer<String> say) {
    HeadroomHome home = new HeadroomHome(folder);
    Map<String, String> own = new HashMap<>(environment);
    // Never the database that somebody keeps.
    own.remove("HEADROOM_DB_URL");
    return new FleetDatabase(
        home,
        HeadroomDatabase.open(home, new DatabaseResolver(home, own).resolve(Optional.empty())),
        say);
  }

  Path folder() {
    return home.directory();
  }

  /** What the fleet in it was made as; empty when there is none, or it was not finished. */
  Optional<String> findPlan() {
    try {
      return Files.exists(marker()) ? Optional.of(Files.readString(marker())) : Optional.empty();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  void markFilled(FleetPlan plan) {
    try {
      Files.writeString(marker(), plan.toString());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Path marker() {
    return home.directory().resolve("fleet");
  }

  /** Starts it with the current schema. */
  DatabaseUrl start() {
    DatabaseUrl url = server.start(say::accept);
    try (Database unmigrated = Database.connect(url.jdbc())) {
      SchemaMigration.migrate(unmigrated.dataSource());
    }
    return url;
  }

  /** Stops it and deletes all data; what was installed stays. */
  void remove() {
    try {
      Files.deleteIfExists(marker());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    server.reset(server.resettable());
  }

  @Override
  public void close() {
    server.stop();
  }
}
