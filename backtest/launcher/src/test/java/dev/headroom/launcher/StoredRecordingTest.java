package dev.headroom.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import dev.headroom.cli.ExitCode;
import dev.headroom.store.Database;
import dev.headroom.store.ObservationStore;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
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
    CommandRun cleared = CommandRun.piped("backtest", "cache", "--clear").exits(ExitCode.OK);
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

  @Test
  void aKeptRun_isListedShownExportedAndReproduced() throws Exception {
    String url = databaseWithRows();
    create(url, "tiny", "2026-01-01", "2026-01-02").exits(ExitCode.OK);
    String id =
        keptId(
            on(
                url,
                "backtest",
                "run",
                "-f",
                "crossed: 600MiB",
                "-f",
                "generous: 900MiB",
                "--recording",
                "tiny",
                "--price-kill",
                "7",
                "--horizon",
                "1h"));

    assertThat(on(url, "backtest", "show").exits(ExitCode.OK).out())
        .contains("| " + id.substring(0, 8) + " |", "| run | tiny | 2 | 2 inconclusive |");
    assertThat(on(url, "backtest", "show", id.substring(0, 6)).exits(ExitCode.OK).out())
        .contains(
            "run " + id, "| crossed | 1/1 | 0 | 0 | inconclusive |", "| generous | 0/1 | 1 |");
    assertThat(on(url, "backtest", "verify", id).exits(ExitCode.OK).out())
        .contains("run " + id + " is reproduced, byte for byte");
    assertThat(
            on(url, "backtest", "diff", id + ":crossed", id + ":generous").exits(ExitCode.OK).out())
        .contains("1 kill with another verdict", "| prevented | missed | 600.0 MiB | 900.0 MiB |");
    Path csv = temporary.resolve("kills.csv");
    on(url, "backtest", "export", id, csv.toString()).exits(ExitCode.OK);
    assertThat(csv).content().contains("policy_name,instance_id,", "crossed,", ",prevented,");
    assertThat(on(url, "backtest", "export", id, csv.toString()).exits(ExitCode.USAGE).err())
        .contains("is there already; --overwrite replaces it");
    Path parquet = temporary.resolve("kills.parquet");
    on(url, "backtest", "export", id, parquet.toString()).exits(ExitCode.OK);
    assertThat(Files.readAllBytes(parquet)).startsWith("PAR1".getBytes(StandardCharsets.UTF_8));
    Path html = temporary.resolve("report.html");
    on(url, "backtest", "export", id, html.toString()).exits(ExitCode.OK);
    assertThat(html).content().startsWith("<!DOCTYPE html>").contains("crossed");
    Path json = temporary.resolve("run.json");
    on(url, "backtest", "export", id, json.toString()).exits(ExitCode.OK);
    assertThat(json).hasContent(on(url, "backtest", "show", id, "--json").exits(0).out());
  }

  @Test
  void aTamperedRun_isFound() throws Exception {
    String url = databaseWithRows();
    create(url, "tiny", "2026-01-01", "2026-01-02").exits(ExitCode.OK);
    String id = keptId(on(url, "backtest", "run", "-f", "generous: 900MiB", "--recording", "tiny"));

    execute(
        url,
        "UPDATE headroom.backtest_run SET result ="
            + " replace(result::text, '\"verdict\" : \"missed\"', '\"verdict\" : \"prevented\"')::json");
    assertThat(on(url, "backtest", "verify", id).exits(ExitCode.FAILED).out())
        .contains("is not reproduced", "is stored as \"prevented\" and comes out as \"missed\"");
    execute(
        url,
        "UPDATE headroom.backtest_run SET manifest ="
            + " replace(manifest::text, '\"seed\" : 1', '\"seed\" : 2')::json");
    assertThat(on(url, "backtest", "verify", id).exits(ExitCode.FAILED).out())
        .contains("its manifest was changed, for it has another id");
    assertThat(on(url, "backtest", "verify", "ffffffff").exits(ExitCode.USAGE).err())
        .contains("no run has an id that starts with 'ffffffff'");
    assertThat(on(url, "backtest", "show", "talk").exits(ExitCode.USAGE).err())
        .contains("'talk' is no run's id");
  }

  @Test
  void searches_areKept_andReproducedByteForByte() throws SQLException {
    String url = databaseWithRows();
    create(url, "tiny", "2026-01-01", "2026-01-01T00:01:00Z").exits(ExitCode.OK);
    String formula = "fraction: param k = 0.9 in [0.4, 1]\nlimit = k * memory_max";
    String[][] searches = {
      {"backtest", "sweep", "--grid", "4", "--holdout", "0.5"},
      {"backtest", "sweep", "--random", "6", "--holdout", "30s"},
      {"backtest", "tune", "--evaluations", "8", "--holdout", "0.5"},
      {"backtest", "walk", "--grid", "3", "--test", "10s", "--purge", "1s", "--embargo", "1s"},
      {"backtest", "run", "--holdout", "50%"}
    };
    for (String[] search : searches) {
      String[] args = with(search, "-f", formula, "--recording", "tiny");
      String id = keptId(on(url, args));

      assertThat(json(on(url, with(args, "--json"))).get("formulas_tried").intValue()).isPositive();
      assertThat(on(url, "backtest", "verify", id).exits(ExitCode.OK).out())
          .contains("is reproduced, byte for byte");
      assertThat(on(url, "backtest", "show", id).exits(ExitCode.OK).out())
          .contains("formulas tried");
    }
    assertThat(json(on(url, "backtest", "show", "--json"))).hasSize(searches.length);
  }

  private static String keptId(CommandRun run) {
    Matcher kept = KEPT.matcher(run.exits(ExitCode.OK).err());
    assertThat(kept.find()).as(run.err()).isTrue();
    return kept.group(1);
  }

  private static void execute(String url, String sql) throws SQLException {
    String name = url.substring(url.lastIndexOf('/') + 1);
    try (Connection connection =
            Objects.requireNonNull(server).getDatabase("postgres", name).getConnection();
        Statement statement = connection.createStatement()) {
      assertThat(statement.executeUpdate(sql)).isEqualTo(1);
    }
  }

  private static final Pattern KEPT = Pattern.compile("kept as run ([0-9a-f-]{36})");
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
