package dev.headroom.cli;

import dev.headroom.engine.backtest.Backtest;
import dev.headroom.engine.backtest.BacktestConfig;
import dev.headroom.engine.backtest.BacktestResult;
import dev.headroom.engine.backtest.Candidate;
import dev.headroom.engine.backtest.ProgressListener;
import dev.headroom.engine.backtest.RecordingSource.InstanceSource;
import dev.headroom.engine.kernel.StreamedRecording;
import dev.headroom.engine.search.Replayer;
import dev.headroom.engine.search.Slice;
import dev.headroom.model.InstanceId;
import dev.headroom.model.InstanceRecording;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A recording that a search replays parts of, again and again. Its instances are opened once, by
 * way of this machine's cache: what was replayed or searched before is searched at once. To be
 * closed.
 */
final class SearchedRecording implements Replayer, AutoCloseable {

  private final RecordingSource recorded;
  private final EngineSource engine;
  private final List<StreamedRecording> instances;
  private final String contentHash;

  /** What a part has of an instance depends on these alone. */
  private record Part(InstanceId instance, Instant endsAt) {}

  private final Map<Part, StreamedRecording> parts = new ConcurrentHashMap<>();

  private SearchedRecording(
      RecordingSource recorded, EngineSource engine, List<StreamedRecording> instances) {
    this.recorded = recorded;
    this.engine = engine;
    this.instances = instances;
    contentHash = engine.source().contentHash().get();
  }

  /** Opens every instance; those that are not in the cache are read into it. */
  static SearchedRecording open(RecordingSource recorded, Terminal terminal) {
    EngineSource engine = EngineSource.open(recorded, terminal);
    try {
      return terminal.withProgress(
          "reading",
          "instances",
          recorded.recording().instances().size(),
          step -> {
            List<StreamedRecording> opened = new ArrayList<>();
            for (InstanceSource instance : engine.source().instances()) {
              opened.add(instance.open());
              step.run();
            }
            return new SearchedRecording(recorded, engine, opened);
          });
    } catch (RuntimeException e) {
      engine.close();
      throw e;
    }
  }

  /** Of everything in it. */
  String contentHash() {
    return contentHash;
  }

  @Override
  public BacktestResult replay(Slice slice, List<Candidate> candidates, BacktestConfig config) {
    List<InstanceSource> sources = new ArrayList<>();
    for (StreamedRecording instance : instances) {
      if (slice.instances().contains(instance.header().instance().id())) {
        sources.add(() -> part(instance, slice));
      }
    }
    String name = recorded.isAdHoc() ? "range" : recorded.recording().name();
    try {
      return Backtest.run(
          new dev.headroom.engine.backtest.RecordingSource(
              name + ", " + slice.name(),
              slice.startsAt(),
              slice.endsAt(),
              () -> contentHash,
              sources),
          candidates,
          config,
          ProgressListener.NONE);
    } catch (IllegalArgumentException e) {
      // Two policies of one name, or --against a name that none has.
      throw new CommandFailure(ExitCode.USAGE, String.valueOf(e.getMessage()), e);
    }
  }

  private StreamedRecording part(StreamedRecording instance, Slice slice) {
    return parts.computeIfAbsent(
        new Part(instance.header().instance().id(), slice.endsAt()),
        _ -> slice.cut(instance).orElseThrow());
  }

  /** With the replay's parity with the guards of the slice. */
  @Override
  public BacktestResult judge(Slice slice, List<Candidate> candidates, BacktestConfig config) {
    return RunParity.withParity(
        replay(slice, candidates, config), recorded, whole -> cut(whole, slice));
  }

  private static InstanceRecording cut(InstanceRecording whole, Slice slice) {
    return slice
        .cut(whole)
        .orElseThrow(() ->
            new IllegalStateException(
                "instance " + whole.instance().id() + " was read and is not in the slice"));
  }

  @Override
  public void close() {
    engine.close();
  }
}
