package dev.headroom.collector.sampling;

import dev.headroom.model.Sample;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * When one instance is to be sampled next, and whether samples were missed. Times are monotonic.
 */
public final class SamplingPlan {

  /** A wait this many times as long as planned is a gap, as it is to the replay. */
  private static final int GAP_FACTOR = 3;

  private final Cadence cadence;
  private long dueNs;
  private Duration wait;
  private @Nullable Long lastNs;
  private Cadence.@Nullable Pressure last;

  /**
   * Samples that were due and not made.
   *
   * @param missed how many
   * @param duration from the sample before to the one after
   */
  public record Gap(long missed, Duration duration) {}

  /** The first sample is due at {@code nowNs}. */
  public SamplingPlan(Cadence cadence, long nowNs) {
    this.cadence = cadence;
    this.dueNs = nowNs;
    this.wait = cadence.slow();
  }

  public boolean isDue(long nowNs) {
    return nowNs - dueNs >= 0;
  }

  /** Nanoseconds until the next sample is due; 0 when it is. */
  public long dueInNs(long nowNs) {
    return Math.max(0, dueNs - nowNs);
  }

  /**
   * Plans the next sample.
   *
   * @param sample the one just made
   * @param beganNs when its making began
   * @return the gap before it, if there was one
   */
  public Optional<Gap> sampled(Sample sample, long beganNs) {
    Optional<Gap> gap = Optional.empty();
    if (lastNs != null && beganNs - lastNs > GAP_FACTOR * wait.toNanos()) {
      Duration elapsed = Duration.ofNanos(beganNs - lastNs);
      gap = Optional.of(new Gap(elapsed.dividedBy(wait) - 1, elapsed));
    }
    Cadence.@Nullable Pressure now = Cadence.Pressure.of(sample);
    wait = cadence.next(now, last, wait);
    last = now;
    lastNs = beganNs;
    dueNs = beganNs + wait.toNanos();
    return gap;
  }

  /** The wait before the next sample. */
  public Duration currentWait() {
    return wait;
  }
}
