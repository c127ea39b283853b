package dev.headroom.engine.search;

import dev.headroom.engine.backtest.Backtest;
import dev.headroom.engine.backtest.BacktestConfig;
import dev.headroom.engine.backtest.BacktestResult;
import dev.headroom.engine.backtest.Candidate;
import dev.headroom.engine.backtest.ProgressListener;
import dev.headroom.engine.backtest.RecordingSource;
import dev.headroom.engine.backtest.SmallFleet;
import dev.headroom.model.InstanceRecording;
import dev.headroom.model.Recording;
import java.util.ArrayList;
import java.util.List;

/** Replays over recordings in memory, and remembers what was asked of it. */
final class FleetReplayer implements Replayer {

  /** What was replayed where. */
  record Asked(Slice slice, List<String> candidates) {}

  private final List<InstanceRecording> fleet;
  final List<Asked> asked = new ArrayList<>();

  FleetReplayer(List<InstanceRecording> fleet) {
    this.fleet = fleet;
  }

  Recording recording(int cycles) {
    return new Recording(
        "fleet",
        SmallFleet.START,
        SmallFleet.startOf(cycles),
        fleet.stream().map(each -> each.instance().id()).toList(),
        "made by hand");
  }

  @Override
  public BacktestResult replay(Slice slice, List<Candidate> candidates, BacktestConfig config) {
    asked.add(new Asked(slice, candidates.stream().map(each -> each.policy().name()).toList()));
    return Backtest.run(
        new RecordingSource(
            slice.name(),
            slice.startsAt(),
            slice.endsAt(),
            "hash",
            fleet.stream().flatMap(each -> slice.cut(each).stream()).toList()),
        candidates,
        config,
        ProgressListener.NONE);
  }
}
