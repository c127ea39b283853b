package dev.headroom.engine.kernel;

import dev.headroom.engine.kernel.ReplayEvent.Kill;
import dev.headroom.model.Fidelity;

/**
 * Adds up the time in which something could happen, and how far the limit was from the headroom.
 *
 * <p>Each evaluated interval counts with what held at its start.
 */
final class ExposureMeter implements Timeline.Visitor {

  private static final double GIB_HOURS = (double) (1L << 30) * 3600e9;
  private static final double NS_PER_HOUR = 3600e9;
  private static final double NS_PER_DAY = 86400e9;

  private final ReplayInput input;
  private final LimitTrack limits;
  private final double[] connections;
  private long exposedNs;
  private long comparedNs;
  private long gapNs;
  private int gaps;
  private double overPromise;
  private double slack;
  private double backendNs;

  private ExposureMeter(ReplayInput input, LimitTrack limits) {
    this.input = input;
    this.limits = limits;
    connections = input.column("connections");
  }

  static Exposure measure(ReplayInput input, LimitTrack limits) {
    ExposureMeter meter = new ExposureMeter(input, limits);
    Timeline.walk(input, meter);
    return meter.exposure();
  }

  private Exposure exposure() {
    boolean compared = comparedNs > 0;
    return new Exposure(
        exposedNs / NS_PER_DAY,
        input.fidelity() == Fidelity.CGROUP ? null : (Double) (backendNs / NS_PER_HOUR),
        gaps,
        gapNs / NS_PER_HOUR,
        comparedNs / NS_PER_HOUR,
        compared ? (Double) (overPromise / GIB_HOURS) : null,
        compared ? (Double) (slack / GIB_HOURS) : null);
  }

  @Override
  public void interval(int sample) {
    add(sample - 1, input.timeNs[sample]);
  }

  @Override
  public void kill(Kill kill, int lastSample) {
    add(lastSample, kill.timeNs());
  }

  @Override
  public void gap(int sample) {
    gaps++;
    gapNs += input.timeNs[sample] - input.timeNs[sample - 1];
  }

  private void add(int start, long endNs) {
    long durationNs = endNs - input.timeNs[start];
    exposedNs += durationNs;
    if (!Double.isNaN(connections[start])) {
      backendNs += connections[start] * durationNs;
    }
    long limit = limits.inForceBytes(input.timeNs[start]);
    double headroom = input.headroomBytes[start];
    if (limit != LimitTrack.NO_LIMIT && !Double.isNaN(headroom)) {
      comparedNs += durationNs;
      overPromise += Math.max(0, limit - headroom) * durationNs;
      slack += Math.max(0, headroom - limit) * durationNs;
    }
  }
}
