package dev.headroom.cli;

import dev.headroom.engine.backtest.Backtest;
import dev.headroom.engine.backtest.BacktestConfig;
import dev.headroom.engine.backtest.BacktestResult;
import dev.headroom.engine.backtest.Candidate;
import dev.headroom.engine.backtest.EngineOptions;
import dev.headroom.engine.backtest.Parity;
import dev.headroom.engine.backtest.ProgressListener;
import dev.headroom.engine.proof.ParityCheck;
import dev.headroom.engine.recording.ContentHash;
import dev.headroom.engine.search.Replayer;
import dev.headroom.engine.search.Slice;
import dev.headroom.model.InstanceId;
import dev.headroom.model.InstanceRecording;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Replays candidates over a recording or parts of it, with a progress bar. */
public final class BacktestRunner {

  /** The precision and the recall below which a replay's verdicts are not to be trusted. */
  static final double PARITY_THRESHOLD = 0.8;

  private final Terminal terminal;

  public BacktestRunner(Terminal terminal) {
    this.terminal = terminal;
  }

  /** Replays the candidates over a whole recording. */
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
    return withParity(source, result);
  }

  /** Only instances that had a guard are read again: nobody else can have logged something. */
  private static BacktestResult withParity(RecordingSource source, BacktestResult result) {
    Set<InstanceId> guarded =
        result.replayed().stream()
            .filter(BacktestResult.ReplayedInstance::hasGuard)
            .map(each -> each.instance().id())
            .collect(Collectors.toSet());
    if (guarded.isEmpty()) {
      return result;
    }
    ParityTotal parity = new ParityTotal();
    try (RecordingSource.InstanceStream stream = source.open(guarded)) {
      stream.forEachRemaining(parity::add);
    }
    return parity.find().map(result::withParity).orElse(result);
  }

  /** Replays candidates over parts of a recording, which is read anew each time. */
  Replayer replayer(RecordingSource source, String hash) {
    String name = source.isAdHoc() ? "range" : source.recording().name();
    return (slice, candidates, config) ->
        replay(
            source,
            name + ", " + slice.name(),
            hash,
            slice,
            candidates,
            config,
            ProgressListener.NONE);
  }

  private static BacktestResult replay(
      RecordingSource source,
      @Nullable String name,
      String hash,
      Slice slice,
      List<Candidate> candidates,
      BacktestConfig config,
      ProgressListener progress) {
    ParityTotal parity = new ParityTotal();
    try (RecordingSource.InstanceStream stream = source.open(slice.instances())) {
      Iterable<InstanceRecording> once = () -> new Cutting(stream, slice, parity);
      BacktestResult result =
          Backtest.run(
              new dev.headroom.engine.backtest.RecordingSource(
                  name, slice.startsAt(), slice.endsAt(), hash, once),
              candidates,
              config,
              progress);
      return parity.find().map(result::withParity).orElse(result);
    } catch (IllegalArgumentException e) {
      // Two policies of one name, or --against a name that none has.
      throw new CommandFailure(ExitCode.USAGE, String.valueOf(e.getMessage()), e);
    }
  }

  /**
   * The instances of a slice, cut to it; on the way the replay's parity with a guard is counted.
   */
  private static final class Cutting implements Iterator<InstanceRecording> {
    private final Iterator<InstanceRecording> all;
    private final Slice slice;
    private final ParityTotal parity;

    Cutting(Iterator<InstanceRecording> all, Slice slice, ParityTotal parity) {
      this.all = all;
      this.slice = slice;
      this.parity = parity;
    }

    @Override
    public boolean hasNext() {
      return all.hasNext();
    }

    @Override
    public InstanceRecording next() {
      InstanceRecording whole = all.next();
      InstanceRecording part =
          slice
              .cut(whole)
              .orElseThrow(() ->
                  new IllegalStateException(
                      "instance " + whole.instance().id() + " was read and is not in the slice"));
      parity.add(part);
      return part;
    }
  }

  private static final class ParityTotal {
    private Optional<Parity> total = Optional.empty();

    void add(InstanceRecording recording) {
      for (ParityCheck.Finding finding : ParityCheck.check(recording, PARITY_THRESHOLD)) {
        total = total.map(finding.parity()::plus).or(() -> Optional.of(finding.parity()));
      }
    }

    Optional<Parity> find() {
      return total;
    }
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
