package dev.headroom.cli;

import com.jerolba.carpet.CarpetWriter;
import com.jerolba.carpet.ColumnNamingStrategy;
import com.jerolba.carpet.io.FileSystemOutputFile;
import dev.headroom.model.BacktestRun;
import dev.headroom.store.BacktestStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.parquet.conf.PlainParquetConfiguration;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.JsonNode;

/** {@code backtest export}: a stored run as a file for other tools. */
@Command(
    name = "export",
    mixinStandardHelpOptions = true,
    description = {
      "Writes a stored run to a file: JSON is the whole result, byte for byte; CSV and Parquet have one row for each"
          + " policy and kill; HTML, Markdown, text and JUnit's XML are the reports that were kept with it."
    },
    footer = {
      "",
      "Examples:",
      "  backtest export 3f2a77c1 run.json",
      "  backtest export 3f2a77c1 kills.csv",
      "  backtest export 3f2a77c1 kills.parquet",
      "  backtest export 3f2a77c1 report.html"
    })
final class ExportCommand implements Callable<Integer> {

  /** One policy's verdict on one kill; absent values are null in Parquet and empty in CSV. */
  record KillRow(
      String policyName,
      String instanceId,
      String killId,
      String killedAt,
      @Nullable String victimKind,
      @Nullable String victimDatabase,
      @Nullable String victimUser,
      @Nullable Long victimQueryFingerprint,
      String verdict,
      String pessimisticVerdict,
      @Nullable Long limitBytes,
      @Nullable Long reliefBytes,
      @Nullable Long marginBytes,
      @Nullable Long leadMs) {

    static final String HEADER =
        "policy_name,instance_id,kill_id,killed_at,victim_kind,victim_database,victim_user,"
            + "victim_query_fingerprint,verdict,pessimistic_verdict,limit_bytes,relief_bytes,margin_bytes,lead_ms";

    String csv() {
      return Stream.of(
              policyName,
              instanceId,
              killId,
              killedAt,
              victimKind,
              victimDatabase,
              victimUser,
              victimQueryFingerprint,
              verdict,
              pessimisticVerdict,
              limitBytes,
              reliefBytes,
              marginBytes,
              leadMs)
          .map(value -> value == null ? "" : quoted(value.toString()))
          .collect(Collectors.joining(","));
    }

    private static String quoted(String value) {
      return value.matches("[^\",\r\n]*") ? value : "\"" + value.replace("\"", "\"\"") + "\"";
    }
  }

  private static final List<String> FORMATS =
      List.of("json", "csv", "parquet", "html", "md", "txt", "xml");

  private final Terminal terminal;

  @Parameters(
      index = "0",
      paramLabel = "RUN",
      description = "The run's id, or enough of its first digits; `backtest show` lists them.")
  private String runPrefix = "";

  @Parameters(
      index = "1",
      paramLabel = "FILE",
      description = "Where to; its ending says how: json, csv, parquet, html, md, txt or xml.")
  private Path file = Path.of("");

  @Option(names = "--overwrite", description = "Replace the file if it is there.")
  private boolean overwrite;

  @Mixin private final DatabaseOption database = new DatabaseOption();

  ExportCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() {
    String name = String.valueOf(file.getFileName()).toLowerCase(Locale.ROOT);
    String format = name.substring(name.lastIndexOf('.') + 1);
    if (!FORMATS.contains(format)) {
      throw CommandFailure.usage(
          "a run is exported to a file that ends in "
              + FORMATS.stream().map(each -> "." + each).collect(Collectors.joining(", "))
              + ", not to "
              + file);
    }
    if (Files.exists(file) && !overwrite) {
      throw CommandFailure.usage(file + " is there already; --overwrite replaces it");
    }
    try (OpenDatabase open = database.startExisting(terminal)) {
      BacktestRun run = StoredRuns.get(open.backtests(), runPrefix);
      switch (format) {
        case "json" -> Files.writeString(file, run.resultJson());
        case "csv" -> Files.writeString(file, csv(rows(run)));
        case "parquet" -> writeParquet(rows(run));
        default -> Files.writeString(file, report(open.backtests(), run, format));
      }
      terminal.say("wrote " + file);
      return ExitCode.OK;
    } catch (IOException e) {
      throw CommandFailure.ofFile(ExitCode.UNAVAILABLE, "cannot write " + file, e);
    }
  }

  private static String report(BacktestStore runs, BacktestRun run, String format) {
    return runs.findReport(run.runId(), format)
        .orElseThrow(() ->
            CommandFailure.usage(
                "no report was kept with the %s %s, which is in the database as .json only; `backtest run --report %s` writes one of a new run"
                    .formatted(run.kind(), run.runId(), "report." + format)));
  }

  private static List<KillRow> rows(BacktestRun run) {
    RunDocument document =
        RunDocument.of(run.resultJson())
            .findVerdicts()
            .orElseThrow(() ->
                CommandFailure.usage(
                    "run "
                        + run.runId()
                        + " is a walk, whose verdicts are in its folds: export it as .json"));
    Map<String, JsonNode> kills = document.kills();
    List<KillRow> rows = new ArrayList<>();
    for (JsonNode policy : document.policies()) {
      for (JsonNode verdict : policy.path("kill_verdicts")) {
        JsonNode kill = kills.get(RunDocument.text(verdict, "kill_id"));
        if (kill != null) {
          rows.add(row(RunDocument.text(policy, "name"), kill, verdict));
        }
      }
    }
    return rows;
  }

  private static KillRow row(String policyName, JsonNode kill, JsonNode verdict) {
    return new KillRow(
        policyName,
        RunDocument.text(kill, "instance_id"),
        RunDocument.text(kill, "kill_id"),
        RunDocument.text(kill, "killed_at"),
        findText(kill, "victim_kind"),
        findText(kill, "victim_database"),
        findText(kill, "victim_user"),
        findLong(kill, "victim_query_fingerprint"),
        RunDocument.text(verdict, "verdict"),
        RunDocument.text(verdict, "pessimistic_verdict"),
        findLong(verdict, "limit_bytes"),
        findLong(verdict, "relief_bytes"),
        findLong(verdict, "margin_bytes"),
        findLong(verdict, "lead_ms"));
  }

  private static String csv(List<KillRow> rows) {
    return Stream.concat(Stream.of(KillRow.HEADER), rows.stream().map(KillRow::csv))
        .collect(Collectors.joining("\n", "", "\n"));
  }

  private void writeParquet(List<KillRow> rows) throws IOException {
    Files.deleteIfExists(file);
    try (CarpetWriter<KillRow> writer =
        new CarpetWriter.Builder<>(new FileSystemOutputFile(file.toFile()), KillRow.class)
            .withConf(new PlainParquetConfiguration())
            .withColumnNamingStrategy(ColumnNamingStrategy.SNAKE_CASE)
            .build()) {
      for (KillRow row : rows) {
        writer.write(row);
      }
    }
  }

  private static @Nullable String findText(JsonNode node, String field) {
    JsonNode value = node.path(field);
    return value.isString() ? value.stringValue() : null;
  }

  private static @Nullable Long findLong(JsonNode node, String field) {
    JsonNode value = node.path(field);
    return value.isNumber() ? (Long) value.longValue() : null;
  }
}
