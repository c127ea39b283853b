package dev.headroom.launcher;

import dev.headroom.cli.OpenDatabase;
import dev.headroom.promotion.RolloutController;
import dev.headroom.store.DatabaseException;
import dev.headroom.store.LeaderLock;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The controller of rollouts in this process. Where another process leads, it waits for its turn;
 * whatever fails, it tries again.
 */
final class ControllerLoop implements AutoCloseable {

  private final OpenDatabase database;
  private final Duration tick;
  private final Consumer<String> failures;
  private final Thread thread;
  private final CountDownLatch stopped = new CountDownLatch(1);

  /** The kind of failure that goes on and was told; only the loop's own thread touches it. */
  private @Nullable Class<? extends RuntimeException> told;

  private ControllerLoop(OpenDatabase database, Duration tick, Consumer<String> failures) {
    this.database = database;
    this.tick = tick;
    this.failures = failures;
    this.thread = Thread.ofVirtual().name("rollout-controller").unstarted(this::run);
  }

  /**
   * Starts it.
   *
   * @param tick the wait between two looks at all rollouts
   * @param failures told what goes wrong, each kind once until it works again
   */
  static ControllerLoop start(OpenDatabase database, Duration tick, Consumer<String> failures) {
    ControllerLoop loop = new ControllerLoop(database, tick, failures);
    loop.thread.start();
    return loop;
  }

  /** Gives the lead back; returns when the look that is under way has ended. */
  @Override
  public void close() {
    stopped.countDown();
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void run() {
    do {
      try {
        lead();
        told = null;
      } catch (DatabaseException e) {
        failed(e, String.valueOf(e.getMessage()));
      } catch (RuntimeException defect) {
        // A controller that dies in silence protects nobody.
        failed(defect, defect.toString());
      }
    } while (!isStoppedAfterTick());
  }

  private void lead() {
    Optional<LeaderLock> taken = database.tryLeadRollouts();
    if (taken.isEmpty()) {
      return;
    }
    try (LeaderLock lock = taken.get()) {
      RolloutController controller = database.controller();
      do {
        controller.tick();
        told = null;
      } while (!isStoppedAfterTick() && lock.isHeld());
    }
  }

  private void failed(RuntimeException failure, String what) {
    if (failure.getClass() != told) {
      told = failure.getClass();
      failures.accept(what);
    }
  }

  private boolean isStoppedAfterTick() {
    try {
      return stopped.await(tick.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return true;
    }
  }
}
