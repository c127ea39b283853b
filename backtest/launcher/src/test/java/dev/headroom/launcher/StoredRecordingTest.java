package dev.headroom.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import dev.headroom.cli.ExitCode;
import dev.headroom.store.Database;
import dev.headroom.store.ObservationStore;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Recordings in a real Postgres: named, replayed, moved as files into another one. */
final class StoredRecordingTest {

  private static final AtomicInteger DATABASES = new AtomicInteger();
  private static @Nullable EmbeddedPostgres server;

  @TempDir private Path temporary;

  @BeforeAll
  static void startServer() throws IOException {
    server = EmbeddedPostgres.builder().setServerConfig("fsync", "off").start();
  }

  @AfterAll
  static void stopServer() throws IOException {
    if (server != null) {
      server.close();
    }
  }

  @Test
  void aGivenDatabase_isMigratedOnlyWhenAsked() throws SQLException {
    String url = emptyDatabase();

    assertThat(on(url, "recording", "list").exits(ExitCode.UNAVAILABLE).err())
        .contains("run: headroom db migrate");
    assertThat(on(url, "db", "migrate").exits(ExitCode.OK).err())
        .containsPattern("applied \\d+ migr");
    assertThat(on(url, "db", "migrate").exits(ExitCode.OK).err())
        .contains("the schema is up to date");
    assertThat(on(url, "recording", "list").exits(ExitCode.OK).err())
        .contains("there is no recording yet");
    assertThat(json(on(url, "recording", "list", "--json"))).isEmpty();
    assertThat(on(url, "db", "info").exits(ExitCode.OK).out())
        .contains("| version | migration | state |", "| 1 |", "Success")
        .doesNotContain("Pending");
    assertThat(json(on(url, "db", "status", "--json")).get("state").stringValue())
        .isEqualTo("reachable");
  }

  @Test
  void aDatabaseThatIsNotOurs_isNeitherStoppedNorDeleted() throws SQLException {
    String url = emptyDatabase();

    assertThat(on(url, "db", "stop").exits(ExitCode.UNAVAILABLE).err()).contains("cannot stop");
    assertThat(on(url, "db", "reset", "--yes").exits(ExitCode.UNAVAILABLE).err())
        .contains("cannot reset");
    assertThat(on(url, "db", "url", "--jdbc").exits(ExitCode.OK).out())
        .startsWith("jdbc:postgresql:");
  }

  @Test
  void anEmptyDatabase_hasNothingToJudge() throws SQLException {
    String url = migratedDatabase();

    assertThat(on(url, "backtest", "run", "-f", "talk").exits(ExitCode.NO_DATA).err())
        .contains("nothing was recorded from ", "headroom lab run");
    assertThat(on(url, "recording", "create", "x", "--from", "1h").exits(ExitCode.NO_DATA).err())
        .contains("nothing was recorded from ");
    assertThat(
            on(url, "backtest", "run", "-f", "talk", "--recording", "x")
                .exits(ExitCode.USAGE)
                .err())
        .contains("there is no recording 'x' in the database and no folder of that name");
    assertThat(on(url, "recording", "delete", "x").exits(ExitCode.USAGE).err())
        .contains("there is no recording 'x'");
    assertThat(on(url, "recording", "export", "x", "y").exits(ExitCode.USAGE).err())
        .contains("there is no recording 'x'");
  }

  @Test
  void aRecording_isNamedShownAndForgotten_andItsRowsStay() throws SQLException {
    String url = databaseWithRows();

    assertThat(create(url, "tiny", "2026-01-01", "2026-01-02").exits(ExitCode.OK).err())
        .contains("recording tiny has 2 instances");
    // The same again changes nothing; another one of that name is refused.
    create(url, "tiny", "2026-01-01", "2026-01-02").exits(ExitCode.OK);
    assertThat(create(url, "tiny", "2026-01-01", "2026-01-03").exits(ExitCode.USAGE).err())
        .contains("recording tiny exists already and is another", "choose another name");
    assertThat(on(url, "recording", "list").exits(ExitCode.OK).out())
        .contains("| tiny | 2026-01-01T00:00:00Z | 1440 min | 2 |");
    JsonNode shown = json(on(url, "recording", "show", "tiny", "--json"));
    assertThat(shown.get("instances")).hasSize(2);
    assertThat(shown.get("content_hash").stringValue()).isNotBlank();

    assertThat(on(url, "recording", "delete", "tiny").exits(ExitCode.OK).err())
        .contains("forgot the name tiny");
    assertThat(json(on(url, "recording", "list", "--json"))).isEmpty();
    // A range without a name still finds the rows.
    assertThat(
            on(url, "backtest", "run", "-f", "600MiB", "--from", "2026-01-01", "--to", "2026-01-02")
                .exits(ExitCode.OK)
                .out())
        .contains("| formula | 1/1  100% [21,100] |");
  }

  @Test
  void aBacktest_isTheSame_fromTheDatabase_itsExport_andAnotherDatabase() throws SQLException {
    String first = databaseWithRows();
    String second = migratedDatabase();
    create(first, "tiny", "2026-01-01", "2026-01-01T00:01:00Z").exits(ExitCode.OK);
    Path folder = temporary.resolve("exported");

    CommandRun export =
        on(first, "recording", "export", "tiny", folder.toString()).exits(ExitCode.OK);
    CommandRun imported = on(second, "recording", "import", folder.toString()).exits(ExitCode.OK);

    assertThat(export.err()).contains("wrote " + folder + ": 2 instances");
    // 2 instances, 2 * 5 samples, 1 kill, 1 event
    assertThat(imported.err()).contains("imported tiny: 14 rows stored, 0 were there already");
    assertThat(on(second, "recording", "import", folder.toString()).exits(ExitCode.OK).err())
        .contains("imported tiny: 0 rows stored, 14 were there already");

    String fromFirst = backtest(on(first, runJson("tiny")));
    String fromFolder = backtest(on(first, runJson(folder.toString())));
    String fromSecond = backtest(on(second, runJson("tiny")));

    String fromCache = backtest(on(first, runJson("tiny")));
    String interpreted = backtest(on(first, with(runJson("tiny"), "--interpret")));
    CommandRun cleared = on(first, "backtest", "cache", "--clear").exits(ExitCode.OK);
    String readAgain = backtest(on(first, runJson("tiny")));

    assertThat(fromFolder).isEqualTo(fromFirst);
    assertThat(fromSecond).isEqualTo(fromFirst);
    assertThat(fromCache).isEqualTo(fromFirst);
    assertThat(interpreted).isEqualTo(fromFirst);
    assertThat(cleared.err()).contains("deleted ");
    assertThat(readAgain).isEqualTo(fromFirst);
    assertThat(fromFirst).contains("\"verdict\" : \"prevented\"");
    String hash = JSON.readTree(fromFirst).get("manifest").get("recording_hash").stringValue();
    assertThat(export.err()).contains("content hash " + hash);
    assertThat(
            json(on(second, "recording", "show", "tiny", "--json"))
                .get("content_hash")
                .stringValue())
        .isEqualTo(hash);
  }

  @Test
  void anExport_leavesTextsBehind_unlessAsked_andOverwritesOnlyWhenTold() throws Exception {
    String url = databaseWithRows();
    create(url, "tiny", "2026-01-01", "2026-01-02").exits(ExitCode.OK);
    Path folder = temporary.resolve("exported");
    String[] export = {"recording", "export", "tiny", folder.toString()};

    on(url, export).exits(ExitCode.OK);
    assertThat(on(url, export).exits(ExitCode.USAGE).err())
        .contains(folder + " is there already; --overwrite replaces a recording");
    on(url, with(export, "--overwrite", "--query-text")).exits(ExitCode.OK);
    Files.delete(folder.resolve("manifest.json"));
    assertThat(on(url, with(export, "--overwrite")).exits(ExitCode.USAGE).err())
        .contains("cannot replace " + folder, "it is no recording and will not be overwritten");
    assertThat(
            on(url, "recording", "export", "tiny", temporary.resolve("no/such").toString())
                .exits(ExitCode.UNAVAILABLE)
                .err())
        .contains("the folder in which to write the recording does not exist");
  }

  @Test
  void aRunIsKept_once_unlessToldNotTo() throws SQLException {
    String url = databaseWithRows();
    create(url, "tiny", "2026-01-01", "2026-01-02").exits(ExitCode.OK);
    String[] run = {"backtest", "run", "-f", "talk", "--recording", "tiny"};

    assertThat(on(url, with(run, "--no-save")).exits(ExitCode.OK).err()).doesNotContain("kept");
    String kept = on(url, run).exits(ExitCode.OK).err();
    assertThat(kept).containsPattern("kept as run [0-9a-f-]{36}");
    assertThat(on(url, run).exits(ExitCode.OK).err()).isEqualTo(kept);
    // The same recording as a folder is the same run.
    String folder = temporary.resolve("exported").toString();
    on(url, "recording", "export", "tiny", folder).exits(ExitCode.OK);
    assertThat(on(url, "backtest", "run", "-f", "talk", "--recording", folder).err())
        .isEqualTo(kept);
  }

  private static final JsonMapper JSON = JsonMapper.builder().build();

  private static String[] runJson(String recording) {
    return new String[] {
      "backtest", "run", "--json", "-f", "crossed: 600MiB", "--library", "--recording", recording
    };
  }

  private static String backtest(CommandRun run) {
    return run.exits(ExitCode.OK).out();
  }

  private static JsonNode json(CommandRun run) {
    return JSON.readTree(run.exits(ExitCode.OK).out());
  }

  private static CommandRun create(String url, String name, String from, String to) {
    return on(
        url, "recording", "create", name, "--from", from, "--to", to, "--note", "made by hand");
  }

  private static CommandRun on(String url, String... args) {
    return CommandRun.piped(with(args, "--db-url", url));
  }

  private static String[] with(String[] args, String... more) {
    List<String> all = new ArrayList<>(List.of(args));
    all.addAll(List.of(more));
    return all.toArray(String[]::new);
  }

  private static String databaseWithRows() throws SQLException {
    String url = migratedDatabase();
    try (Database database =
        Database.open("jdbc:" + url.replace("postgres@", "") + "?user=postgres")) {
      new ObservationStore(database.dataSource()).store(TinyRecording.observations());
    }
    return url;
  }

  private static String migratedDatabase() throws SQLException {
    String url = emptyDatabase();
    on(url, "db", "migrate").exits(ExitCode.OK);
    return url;
  }

  private static String emptyDatabase() throws SQLException {
    EmbeddedPostgres running = Objects.requireNonNull(server);
    String name = "test_" + DATABASES.incrementAndGet();
    try (Connection connection = running.getPostgresDatabase().getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute("CREATE DATABASE " + name);
    }
    return "postgresql://postgres@localhost:" + running.getPort() + "/" + name;
  }
}
