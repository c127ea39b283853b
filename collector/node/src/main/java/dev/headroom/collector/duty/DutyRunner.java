package dev.headroom.collector.duty;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BiConsumer;

/**
 * The one thread of a duty: it waits between turns, outlives every failure, and ends on {@link
 * #close}.
 */
public final class DutyRunner implements AutoCloseable {

  private static final Duration PAUSE_AFTER_FAILURE = Duration.ofSeconds(1);

  private final Duty duty;
  private final BiConsumer<Duty, Exception> failures;
  private final Thread thread;
  private volatile boolean closed;

  /**
   * @param failures is told of what a turn threw, in the duty's thread
   */
  public DutyRunner(Duty duty, BiConsumer<Duty, Exception> failures) {
    this.duty = duty;
    this.failures = failures;
    this.thread = Thread.ofPlatform().daemon().name("headroom-" + duty.name()).unstarted(this::run);
  }

  public void start() {
    thread.start();
  }

  /** Ends a wait early: there is something to do. */
  public void wake() {
    LockSupport.unpark(thread);
  }

  private void run() {
    while (!closed) {
      Duration wait;
      try {
        wait = duty.doWork();
      } catch (Exception failed) {
        if (closed) {
          return;
        }
        failures.accept(duty, failed);
        wait = PAUSE_AFTER_FAILURE;
      }
      if (!closed && wait.isPositive()) {
        LockSupport.parkNanos(this, wait.toNanos());
      }
    }
  }

  /** Asks the thread to end after its turn, without waiting. */
  public void stop() {
    closed = true;
    wake();
  }

  /**
   * Waits for the thread's end.
   *
   * @return whether it ended in time
   */
  public boolean join(Duration patience) {
    try {
      return !thread.isAlive() || thread.join(patience);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  @Override
  public void close() {
    stop();
    join(PAUSE_AFTER_FAILURE);
  }
}
