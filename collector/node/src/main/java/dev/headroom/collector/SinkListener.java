package dev.headroom.collector;

import dev.headroom.collector.kernel.EventClock;
import dev.headroom.collector.sink.SinkDuty;
import dev.headroom.model.CollectorEvent;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/** Tells when storing fails, falls behind or refuses. */
final class SinkListener implements SinkDuty.Listener {

  private static final Duration LAG_TOLERANCE = Duration.ofSeconds(10);
  private static final Duration LAG_REPEAT = Duration.ofMinutes(1);

  private final EventClock clock;
  private final EventRecorder recorder;
  private final CollectorMetrics metrics;
  private Instant lagToldAt = Instant.EPOCH;

  SinkListener(EventClock clock, EventRecorder recorder, CollectorMetrics metrics) {
    this.clock = clock;
    this.recorder = recorder;
    this.metrics = metrics;
  }

  @Override
  public void stored(int count, Optional<Instant> oldest) {
    metrics.stored(count);
    Instant now = clock.now();
    Optional<Duration> lag =
        oldest
            .map(at -> Duration.between(at, now))
            .filter(behind -> behind.compareTo(LAG_TOLERANCE) > 0);
    if (lag.isPresent() && !now.isBefore(lagToldAt.plus(LAG_REPEAT))) {
      lagToldAt = now;
      recorder.tell(
          CollectorEvent.Kind.LAG,
          null,
          (long) count,
          lag.get(),
          "the oldest observation of a batch waited this long to be stored");
    }
  }

  @Override
  public void rejected(String reason) {
    metrics.rejected();
    recorder.fail(
        null,
        new IOException(
            "the database refuses an observation for ever; it is kept in rejected.jsonl: "
                + reason));
  }

  @Override
  public void unavailable(IOException reason) {
    metrics.sinkUnavailable();
    recorder.fail(null, reason);
  }
}
