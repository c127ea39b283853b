package dev.headroom.collector;

import com.sun.management.OperatingSystemMXBean;
import dev.headroom.collector.duty.Duty;
import dev.headroom.collector.kernel.EventClock;
import dev.headroom.collector.spool.Spool;
import dev.headroom.model.CollectorEvent;
import dev.headroom.model.InstanceId;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;

/**
 * Keeps what must be kept up: samples reach the disk, the state is written down, and drops and the
 * collector's own cost are told.
 */
final class UpkeepDuty implements Duty {

  private static final Duration INTERVAL = Duration.ofMillis(500);
  private static final Duration REPORT_INTERVAL = Duration.ofMinutes(1);
  private static final Duration CLOCK_TOLERANCE = Duration.ofSeconds(1);

  private final EventClock clock;
  private final Spool spool;
  private final EventRecorder recorder;
  private final CollectorMetrics metrics;
  private final KillSurroundings.StateWriter state;
  private final OperatingSystemMXBean system =
      Objects.requireNonNull(
          ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class),
          "the JDK's operating system bean");
  private final Map<InstanceId, Long> dropped = new HashMap<>();
  private Instant costToldAt;
  private Instant dropsToldAt = Instant.EPOCH;
  private Duration offsetTold = Duration.ZERO;
  private long cpuNs;
  private long samples;

  UpkeepDuty(
      EventClock clock,
      Spool spool,
      EventRecorder recorder,
      CollectorMetrics metrics,
      KillSurroundings.StateWriter state) {
    this.clock = clock;
    this.spool = spool;
    this.recorder = recorder;
    this.metrics = metrics;
    this.state = state;
    this.costToldAt = clock.now();
    this.cpuNs = system.getProcessCpuTime();
  }

  @Override
  public String name() {
    return "upkeep";
  }

  @Override
  public Duration doWork() throws IOException {
    Instant now = clock.now();
    recorder.flush();
    tellDrops(now);
    tellCost(now);
    tellClockStep();
    spool.sync();
    state.write();
    return INTERVAL;
  }

  private void tellClockStep() {
    Duration offset = clock.wallClockOffset();
    Duration step = offset.minus(offsetTold);
    if (step.abs().compareTo(CLOCK_TOLERANCE) > 0) {
      offsetTold = offset;
      recorder.tell(
          CollectorEvent.Kind.CLOCK_STEP,
          null,
          null,
          step.abs(),
          "the wall clock was set: it is %d ms away from the times recorded since boot"
              .formatted(offset.toMillis()));
    }
  }

  private void tellDrops(Instant now) {
    spool
        .takeDropped()
        .forEach((id, count) -> {
          dropped.merge(id, count, Long::sum);
          metrics.dropped(count);
        });
    if (!dropped.isEmpty() && !now.isBefore(dropsToldAt.plus(REPORT_INTERVAL))) {
      tellDrops();
      dropsToldAt = now;
    }
  }

  /** Tells of every drop that was not told yet. */
  void tellDrops() {
    dropped.forEach((id, count) ->
        recorder.tell(
            CollectorEvent.Kind.DROP,
            id,
            count,
            null,
            "samples given up: the spool is full or the disk is"));
    dropped.clear();
  }

  private void tellCost(Instant now) {
    if (now.isBefore(costToldAt.plus(REPORT_INTERVAL))) {
      return;
    }
    long cpu = system.getProcessCpuTime();
    long made = metrics.sampleCount();
    Duration used = Duration.ofNanos(cpu - cpuNs);
    Duration over = Duration.between(costToldAt, now);
    recorder.tell(
        CollectorEvent.Kind.COST,
        null,
        made - samples,
        used,
        "CPU time over %d s for %d samples".formatted(over.toSeconds(), made - samples));
    cpuNs = cpu;
    samples = made;
    costToldAt = now;
  }
}
