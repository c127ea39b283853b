package dev.headroom.engine.backtest;

import dev.headroom.model.CgroupVersion;
import dev.headroom.model.Decision;
import dev.headroom.model.GuardEvent;
import dev.headroom.model.InstanceRecording;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/**
 * Instances whose every minute is one cycle: backend 101 stands at 10, 100, 400, 700, 760 MiB at 0
 * s to 4 s of it. In a killed cycle the kernel kills it at 4.5 s, at 860, and Postgres is ready
 * again at 9 s; in a calm one it is back at 10 in its next statement at 5 s. memory_max is 1024.
 *
 * <p>A limit of 600 MiB is crossed in (2 s, 3 s]: it prevents every kill 1.5 s ahead and blocks
 * every calm statement for nothing. 900 MiB is never crossed.
 */
public final class SmallFleet {

  public static final Instant START = SmallInstance.START;
  public static final long MIB = SmallInstance.MIB;
  public static final int CYCLE_SECONDS = 60;

  private static final Duration OUTAGE = Duration.ofMillis(4500);

  /**
   * One minute of an instance.
   *
   * @param killed whether it ends in a kill
   * @param shmemBytes over the whole minute
   */
  public record Cycle(boolean killed, long shmemBytes) {
    public static final Cycle KILLED = new Cycle(true, SmallInstance.SHMEM_BYTES);
    public static final Cycle CALM = new Cycle(false, SmallInstance.SHMEM_BYTES);
  }

  private SmallFleet() {}

  /** An instance of node {@code node} with these minutes, one after the other from START. */
  public static InstanceRecording instance(String name, List<Cycle> cycles) {
    return instance(name, Map.of(), cycles);
  }

  public static InstanceRecording instance(
      String name, Map<String, String> labels, List<Cycle> cycles) {
    SmallInstance instance = new SmallInstance(name, CgroupVersion.V2, "app", labels);
    for (int i = 0; i < cycles.size(); i++) {
      Cycle cycle = cycles.get(i);
      Instant start = startOf(i);
      instance.growing(start, statementOf(i), cycle.shmemBytes());
      if (cycle.killed()) {
        instance.killed(start.plusMillis(4500)).ready(start.plusSeconds(9), OUTAGE);
      } else {
        instance.sampled(start.plusSeconds(5), statementOf(i) + 1, 10, cycle.shmemBytes());
      }
    }
    return instance.recording();
  }

  /** The same instance with what a live guard and a live policy logged. */
  public static InstanceRecording with(
      InstanceRecording recording, List<GuardEvent> guardEvents, List<Decision> decisions) {
    return new InstanceRecording(
        recording.instance(),
        recording.samples(),
        recording.kills(),
        recording.instanceEvents(),
        guardEvents,
        decisions);
  }

  /** When the minute of this number starts. */
  public static Instant startOf(int cycle) {
    return START.plusSeconds((long) CYCLE_SECONDS * cycle);
  }

  /** The statement that grows in the minute of this number. */
  public static long statementOf(int cycle) {
    return 2L * cycle;
  }
}
