package dev.headroom.cli;

import dev.headroom.engine.backtest.Backtest;
import dev.headroom.engine.backtest.BacktestConfig;
import dev.headroom.engine.backtest.BacktestResult;
import dev.headroom.engine.backtest.Candidate;
import dev.headroom.engine.backtest.EngineOptions;
import dev.headroom.engine.backtest.ProgressListener;
import dev.headroom.engine.recording.ContentHash;
import java.util.List;

/** Replays candidates over a recording, with a progress bar. */
public final class BacktestRunner {

  private final Terminal terminal;

  public BacktestRunner(Terminal terminal) {
    this.terminal = terminal;
  }

  /** Replays the candidates over a whole recording. */
  public BacktestResult run(
      RecordingSource source, List<Candidate> candidates, BacktestConfig config) {
    return run(source, candidates, config, EngineOptions.ofThisMachine());
  }

  /** The same, telling a listener how far it is instead of a person. */
  public BacktestResult run(
      RecordingSource source,
      List<Candidate> candidates,
      BacktestConfig config,
      ProgressListener progress) {
    BacktestResult result;
    try (EngineSource engine = EngineSource.open(source, terminal)) {
      result = Backtest.run(engine.source(), candidates, config, progress);
    }
    return RunParity.withParity(result, source, part -> part);
  }

  /** The same, run in another way. */
  BacktestResult run(
      RecordingSource source,
      List<Candidate> candidates,
      BacktestConfig config,
      EngineOptions options) {
    BacktestResult result =
        terminal.withProgress(
            "replaying",
            "instances",
            source.recording().instances().size(),
            step -> {
              try (EngineSource engine = EngineSource.open(source, terminal)) {
                return Backtest.run(
                    engine.source(), candidates, config, options, (_, _) -> step.run());
              } catch (IllegalArgumentException e) {
                // Two policies of one name, or --against a name that none has.
                throw new CommandFailure(ExitCode.USAGE, String.valueOf(e.getMessage()), e);
              }
            });
    return RunParity.withParity(result, source, part -> part);
  }

  /** The content hash of everything in a recording; rows of a database are read for it. */
  String contentHash(RecordingSource source) {
    if (source instanceof RecordingSource.Folder folder) {
      return folder.directory().manifest().contentHash();
    }
    return terminal.withProgress(
        "reading",
        "instances",
        source.recording().instances().size(),
        step -> {
          ContentHash hash = new ContentHash();
          try (RecordingSource.InstanceStream stream = source.open()) {
            while (stream.hasNext()) {
              hash.add(stream.next());
              step.run();
            }
          }
          return hash.value();
        });
  }
}
