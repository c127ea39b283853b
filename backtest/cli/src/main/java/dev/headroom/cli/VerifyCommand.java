package dev.headroom.cli;

import dev.headroom.engine.backtest.Backtest;
import dev.headroom.engine.report.JsonReport;
import dev.headroom.formula.FormulaException;
import dev.headroom.model.BacktestRun;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.JsonNode;

/** {@code backtest verify}: a stored run once more, byte for byte. */
@Command(
    name = "verify",
    mixinStandardHelpOptions = true,
    description = {
      "Replays a stored run from its manifest and compares the result byte for byte.",
      "A result or a manifest that was changed since is found, and so is another recording."
    },
    footer = {
      "",
      "Example: backtest verify 3f2a77c1",
      "",
      "Exit codes: 0 the same, 1 it differs or cannot be replayed, 2 no such run or recording."
    })
final class VerifyCommand implements Callable<Integer> {

  private final Terminal terminal;

  @Parameters(
      paramLabel = "RUN",
      description = "The run's id, or enough of its first digits; `backtest show` lists them.")
  private String runPrefix = "";

  @Option(
      names = "--recording",
      paramLabel = "NAME|FOLDER",
      description = "The recording it was made over, where the run's own name of it is not found.")
  private @Nullable String recording;

  @Mixin private final DatabaseOption database = new DatabaseOption();

  VerifyCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() {
    try (OpenDatabase open = database.startExisting(terminal)) {
      BacktestRun run = StoredRuns.get(open.backtests(), runPrefix);
      Optional<String> difference = findDifference(run, open);
      if (difference.isEmpty()) {
        terminal.print("run " + run.runId() + " is reproduced, byte for byte");
        return ExitCode.OK;
      }
      terminal.print("run " + run.runId() + " is not reproduced: " + difference.get());
      return ExitCode.FAILED;
    }
  }

  private Optional<String> findDifference(BacktestRun run, OpenDatabase open) {
    if (!StoredRuns.idOf(run.manifestJson()).equals(run.runId())) {
      return Optional.of("its manifest was changed, for it has another id");
    }
    if (!run.engineVersion().equals(Backtest.ENGINE_VERSION)) {
      return Optional.of(
          "it was made by engine version %s, this is version %s"
              .formatted(run.engineVersion(), Backtest.ENGINE_VERSION));
    }
    StoredManifest manifest = StoredManifest.of(run);
    try (RecordingOption.Chosen chosen = recordingOf(run, manifest, open)) {
      String hash = new BacktestRunner(terminal).contentHash(chosen.source());
      if (!hash.equals(manifest.recordingHash())) {
        return Optional.of(
            "the recording has content hash %s, the run was made over %s"
                .formatted(hash, manifest.recordingHash()));
      }
      return JsonDifference.find(run.resultJson(), resultOf(manifest, chosen.source()))
          .map(where -> "its result was changed, or the engine differs: " + where);
    } catch (FormulaException | IllegalArgumentException e) {
      throw StoredManifest.damaged(run, String.valueOf(e.getMessage()), e);
    }
  }

  private String resultOf(StoredManifest manifest, RecordingSource source) {
    Optional<SearchSpec> search = manifest.findSearch();
    return search.isPresent()
        ? new SearchRunner(terminal).search(source, search.get()).json()
        : JsonReport.render(
            new BacktestRunner(terminal).run(source, manifest.candidates(), manifest.config()));
  }

  private RecordingOption.Chosen recordingOf(
      BacktestRun run, StoredManifest manifest, OpenDatabase open) {
    String name = recording == null ? run.recordingName() : recording;
    if (name != null) {
      return RecordingOption.find(name, database, terminal);
    }
    TimeRange range =
        Objects.requireNonNull(
            manifest.findRange().orElse(null), "an ad-hoc run says its time range");
    return new RecordingOption.Chosen(
        RecordingOption.everythingIn(range, open.recordings()), Optional.empty());
  }

  /** The first place where two JSON texts differ. */
  private static final class JsonDifference {

    static Optional<String> find(String stored, String now) {
      if (stored.equals(now)) {
        return Optional.empty();
      }
      return Optional.of(
          first("", Json.read(stored), Json.read(now))
              .orElse("the same values are written in another way"));
    }

    private static Optional<String> first(String path, JsonNode stored, JsonNode now) {
      if (stored.equals(now)) {
        return Optional.empty();
      }
      if (stored.isObject() && now.isObject()) {
        for (String field : now.propertyNames()) {
          Optional<String> inside = first(path + "/" + field, stored.path(field), now.path(field));
          if (inside.isPresent()) {
            return inside;
          }
        }
      }
      if (stored.isArray() && now.isArray() && stored.size() == now.size()) {
        for (int i = 0; i < now.size(); i++) {
          Optional<String> inside = first(path + "/" + i, stored.get(i), now.get(i));
          if (inside.isPresent()) {
            return inside;
          }
        }
      }
      return Optional.of(
          "%s is stored as %s and comes out as %s"
              .formatted(path.isEmpty() ? "/" : path, brief(stored), brief(now)));
    }

    private static String brief(JsonNode node) {
      if (node.isMissingNode()) {
        return "nothing";
      }
      return node.isContainer() ? "%d values".formatted(node.size()) : node.toString();
    }
  }
}
