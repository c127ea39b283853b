package dev.headroom.cli;

import dev.headroom.engine.backtest.Backtest;
import dev.headroom.engine.report.JsonReport;
import dev.headroom.formula.FormulaException;
import dev.headroom.model.BacktestRun;
import dev.headroom.model.Recording;
import java.time.Instant;
import java.util.List;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Does a search over an open recording, with a progress bar. */
final class SearchRunner {

  private final Terminal terminal;

  SearchRunner(Terminal terminal) {
    this.terminal = terminal;
  }

  /**
   * What came out of a search.
   *
   * @param found what it found
   * @param manifest everything it depends on
   * @param json the whole result as JSON
   */
  record Outcome(SearchSpec.Found found, JsonNode manifest, String json) {

    /**
     * The same as the store keeps it; a walk's and a choice's verdicts on kills are in the JSON.
     */
    BacktestRun toKeep(SearchSpec spec, Recording recording, boolean isAdHoc, Instant startedAt) {
      String manifestText = Json.write(manifest) + "\n";
      return new BacktestRun(
          StoredRuns.idOf(manifestText),
          spec.method().kind(),
          startedAt,
          isAdHoc ? null : recording.name(),
          manifest.get("recording_hash").stringValue(),
          Backtest.ENGINE_VERSION,
          manifestText,
          json);
    }
  }

  /**
   * Searches.
   *
   * @throws CommandFailure when the recording cannot be split as asked
   */
  Outcome search(RecordingSource source, SearchSpec spec) {
    Recording recording = source.recording();
    try (SearchedRecording searched = SearchedRecording.open(source, terminal)) {
      JsonNode manifest = manifest(source, spec, searched.contentHash());
      SearchSpec.Found found =
          terminal.withProgress(
              spec.method().kind(),
              "formulas",
              spec.toScore(recording),
              step ->
                  spec.search(
                      recording,
                      searched,
                      scored -> {
                        for (int i = 0; i < scored; i++) {
                          step.run();
                        }
                      }));
      return new Outcome(found, manifest, SearchReport.json(manifest, found));
    } catch (FormulaException e) {
      throw new CommandFailure(
          ExitCode.USAGE, "a value of a param makes no formula: " + e.getMessage(), e);
    } catch (IllegalArgumentException e) {
      // The recording cannot be split as asked, or there are too many formulas.
      throw new CommandFailure(ExitCode.USAGE, String.valueOf(e.getMessage()), e);
    }
  }

  private static JsonNode manifest(RecordingSource source, SearchSpec spec, String hash) {
    Recording recording = source.recording();
    dev.headroom.engine.backtest.RecordingSource whole =
        new dev.headroom.engine.backtest.RecordingSource(
            source.isAdHoc() ? null : recording.name(),
            recording.startsAt(),
            recording.endsAt(),
            hash,
            List.of());
    ObjectNode manifest =
        (ObjectNode)
            Json.read(
                JsonReport.renderManifest(
                    Backtest.manifest(whole, spec.formulas(), spec.config())));
    manifest.set("search", Json.tree(SearchManifest.write(spec.method())));
    return manifest;
  }
}
