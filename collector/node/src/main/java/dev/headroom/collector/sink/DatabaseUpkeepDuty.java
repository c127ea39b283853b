package dev.headroom.collector.sink;

import dev.headroom.collector.duty.Duty;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;

/**
 * Does for the database what an edition without a scheduler needs done: rollups every five minutes,
 * retention once a day. Every wait is spread at random, so that many collectors do not come at
 * once; where they do, the database lets one of them refresh.
 */
public final class DatabaseUpkeepDuty implements Duty {

  private static final Duration FIRST_ROLLUPS = Duration.ofMinutes(1);
  private static final Duration FIRST_RETENTION = Duration.ofMinutes(10);
  private static final Duration ROLLUP_INTERVAL = Duration.ofMinutes(5);
  private static final Duration RETENTION_INTERVAL = Duration.ofDays(1);
  private static final Duration RETRY = Duration.ofMinutes(1);

  /** The part of a wait that is left to chance. */
  private static final double SPREAD = 0.2;

  /** What the database can be asked to do. */
  public interface Procedures {
    /**
     * Brings the rollups up to date.
     *
     * @throws IOException when it cannot be done now
     */
    void refreshRollups() throws IOException;

    /**
     * Drops what is older than the retention says.
     *
     * @throws IOException when it cannot be done now
     */
    void applyRetention() throws IOException;
  }

  private interface Call {
    void run() throws IOException;
  }

  private final Supplier<Instant> clock;
  private final RandomGenerator random;
  private final Job rollups;
  private final Job retention;

  /**
   * @param clock the time now
   */
  public DatabaseUpkeepDuty(
      Procedures procedures, Supplier<Instant> clock, RandomGenerator random) {
    this.clock = clock;
    this.random = random;
    Instant now = clock.get();
    this.rollups =
        new Job(procedures::refreshRollups, ROLLUP_INTERVAL, now.plus(spread(FIRST_ROLLUPS)));
    this.retention =
        new Job(procedures::applyRetention, RETENTION_INTERVAL, now.plus(spread(FIRST_RETENTION)));
  }

  @Override
  public String name() {
    return "database-upkeep";
  }

  @Override
  public Duration doWork() throws IOException {
    rollups.runIfDue();
    retention.runIfDue();
    Instant next = rollups.dueAt.isBefore(retention.dueAt) ? rollups.dueAt : retention.dueAt;
    Duration wait = Duration.between(clock.get(), next);
    return wait.isNegative() ? Duration.ZERO : wait;
  }

  private Duration spread(Duration whole) {
    long nanos = whole.toNanos();
    return Duration.ofNanos(random.nextLong((long) (nanos * (1 - SPREAD)), nanos + 1));
  }

  /** Something that is done again and again, and soon again when it fails. */
  private final class Job {
    private final Call call;
    private final Duration interval;
    private Instant dueAt;

    Job(Call call, Duration interval, Instant dueAt) {
      this.call = call;
      this.interval = interval;
      this.dueAt = dueAt;
    }

    void runIfDue() throws IOException {
      if (clock.get().isBefore(dueAt)) {
        return;
      }
      try {
        call.run();
        dueAt = clock.get().plus(spread(interval));
      } catch (IOException failed) {
        dueAt = clock.get().plus(spread(RETRY));
        throw failed;
      }
    }
  }
}
