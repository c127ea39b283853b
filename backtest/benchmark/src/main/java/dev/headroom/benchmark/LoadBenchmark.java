package dev.headroom.benchmark;

import dev.headroom.cli.EngineSource;
import dev.headroom.cli.RecordingSource;
import dev.headroom.cli.Terminal;
import dev.headroom.embedded.HeadroomHome;
import dev.headroom.engine.backtest.RecordingSource.InstanceSource;
import dev.headroom.engine.fleet.FleetSpec;
import dev.headroom.engine.recording.RecordingCache;
import dev.headroom.model.Recording;
import dev.headroom.store.Database;
import dev.headroom.store.RecordingStore;
import dev.headroom.store.SchemaMigration;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import org.postgresql.PGConnection;

/**
 * Loading a recording from TimescaleDB into the cache, beside the same rows by {@code COPY …
 * (FORMAT binary)} that are thrown away; and the sweep as SQL in the database.
 */
public final class LoadBenchmark {

  private static final int ROUNDS = 3;

  private LoadBenchmark() {}

  /**
   * Loads, and sweeps.
   *
   * @param arguments {@code FOLDER JDBC_URL INSTANCES HOURS FORMULAS}; the database is empty, and
   *     {@code HEADROOM_HOME} is a folder of its own
   */
  public static void main(String[] arguments) throws IOException, SQLException {
    PrintStream out = System.out;
    Duration length = Duration.ofMinutes((long) (60 * Double.parseDouble(arguments[3])));
    FleetSpec spec =
        new FleetSpec(Integer.parseInt(arguments[2]), length, Duration.ofSeconds(1), 4, false, 1);
    Fleet fleet = new Fleet(spec, Path.of(arguments[0]).resolve("blocks"));
    try (Database unmigrated = Database.connect(arguments[1])) {
      SchemaMigration.migrate(unmigrated.dataSource());
    }
    try (Database database = Database.open(arguments[1])) {
      RecordingStore store = new RecordingStore(database.dataSource());
      Recording recording =
          new Recording(
              "load",
              FleetSpec.START,
              FleetSpec.START.plus(length),
              fleet.instances().stream().map(each -> each.header().instance().id()).toList(),
              "");
      store.importRecording(recording, fleet.inMemory().iterator());
      out.printf(Locale.ROOT, "%,d samples, %d clients each%n", fleet.samples(), spec.clients());
      for (int round = 0; round < ROUNDS; round++) {
        double raw = raw(database, recording);
        double load = load(store, recording);
        out.printf(
            Locale.ROOT,
            "raw COPY %.2f s, load %.2f s (read, checked, hashed, packed, written): %.2f of raw%n",
            raw,
            load,
            raw / load);
      }
      sweep(database, fleet, SweepFormula.list(Integer.parseInt(arguments[4])), out);
    }
  }

  private static double raw(Database database, Recording recording)
      throws SQLException, IOException {
    long start = System.nanoTime();
    try (Connection connection = database.dataSource().getConnection()) {
      for (var id : recording.instances()) {
        for (String table : new String[] {"memory_sample", "process_sample"}) {
          connection
              .unwrap(PGConnection.class)
              .getCopyAPI()
              .copyOut(
                  "COPY (SELECT * FROM headroom.%s WHERE instance_id = '%s' ORDER BY sampled_at) TO STDOUT (FORMAT binary)"
                      .formatted(table, id.value()),
                  OutputStream.nullOutputStream());
        }
      }
    }
    return (System.nanoTime() - start) / 1e9;
  }

  private static double load(RecordingStore store, Recording recording) throws IOException {
    new RecordingCache(
            HeadroomHome.locate(System.getenv()).cache().resolve("recordings"),
            RecordingCache.DEFAULT_BYTES,
            notice -> {})
        .clear();
    long start = System.nanoTime();
    try (EngineSource source =
        EngineSource.open(
            new RecordingSource.Stored(recording, false, store), Terminal.ofProcess())) {
      for (InstanceSource instance : source.source().instances()) {
        instance.open();
      }
    }
    return (System.nanoTime() - start) / 1e9;
  }

  private static void sweep(
      Database database, Fleet fleet, List<SweepFormula> formulas, PrintStream out)
      throws SQLException {
    try (Connection connection = database.dataSource().getConnection()) {
      String micros = "(extract(epoch FROM sampled_at) * 1000000)::bigint";
      long start = System.nanoTime();
      SqlSweep.run(connection, "headroom.memory_sample", micros, formulas, formulas.size());
      double seconds = (System.nanoTime() - start) / 1e9;
      out.printf(
          Locale.ROOT,
          "TimescaleDB: %d formulas as one statement %.1f s, %.2f M/s%n",
          formulas.size(),
          seconds,
          fleet.samples() * (double) formulas.size() / seconds / 1e6);
    }
  }
}
