package dev.headroom.cli;

import dev.headroom.engine.backtest.Backtest;
import dev.headroom.engine.backtest.BacktestConfig;
import dev.headroom.engine.backtest.BacktestResult;
import dev.headroom.engine.backtest.Candidate;
import dev.headroom.engine.backtest.EngineOptions;
import dev.headroom.engine.report.JsonReport;
import dev.headroom.model.BacktestKill;
import dev.headroom.model.BacktestRun;
import dev.headroom.store.BacktestStore;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/** Replays candidates over a recording, with a progress bar, and keeps the run. */
public final class BacktestRunner {

  private final Terminal terminal;

  public BacktestRunner(Terminal terminal) {
    this.terminal = terminal;
  }

  /** Replays the candidates over a recording that is already open. */
  public BacktestResult run(
      RecordingSource source, List<Candidate> candidates, BacktestConfig config) {
    return run(source, candidates, config, EngineOptions.ofThisMachine());
  }

  /** The same, run in another way. */
  BacktestResult run(
      RecordingSource source,
      List<Candidate> candidates,
      BacktestConfig config,
      EngineOptions options) {
    return terminal.withProgress(
        "replaying",
        "instances",
        source.recording().instances().size(),
        step -> {
          try (EngineSource engine = EngineSource.open(source, terminal)) {
            return Backtest.run(
                engine.source(), candidates, config, options, (instance, done) -> step.run());
          } catch (IllegalArgumentException e) {
            // Two policies of one name, or --against a name that none has.
            throw new CommandFailure(ExitCode.USAGE, String.valueOf(e.getMessage()), e);
          }
        });
  }

  /**
   * Keeps a run and its verdicts.
   *
   * @return the run's id; the same recording, policies and goals have the same one
   */
  public static UUID save(BacktestStore store, BacktestResult result, Instant startedAt) {
    String manifest = JsonReport.renderManifest(result.manifest());
    UUID runId = UUID.nameUUIDFromBytes(manifest.getBytes(StandardCharsets.UTF_8));
    BacktestRun run =
        new BacktestRun(
            runId,
            startedAt,
            result.manifest().recordingName(),
            result.manifest().recordingHash(),
            result.manifest().engineVersion(),
            manifest,
            JsonReport.render(result));
    store.save(run, kills(runId, result));
    return runId;
  }

  private static List<BacktestKill> kills(UUID runId, BacktestResult result) {
    List<BacktestKill> kills = new ArrayList<>();
    result
        .policies()
        .forEach(policy ->
            policy
                .killOutcomes()
                .forEach(outcome ->
                    kills.add(
                        new BacktestKill(
                            runId,
                            policy.name(),
                            outcome.killId(),
                            outcome.verdict(),
                            outcome.pessimisticVerdict(),
                            outcome.limitBytes(),
                            outcome.reliefBytes(),
                            outcome.leadMs()))));
    return kills;
  }
}
