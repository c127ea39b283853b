package dev.headroom.launcher;

import dev.headroom.cli.OpenDatabase;
import dev.headroom.promotion.RolloutController;
import dev.headroom.store.DatabaseException;
import dev.headroom.store.LeaderLock;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The controller of rollouts in this process, four times a second. Where another process leads, it
 * waits for its turn.
 */
final class ControllerLoop implements AutoCloseable {

  private static final Duration TICK = Duration.ofMillis(250);

  private final OpenDatabase database;
  private final Thread thread;
  private volatile boolean stopped;
  private volatile @Nullable String failure;

  private ControllerLoop(OpenDatabase database) {
    this.database = database;
    this.thread = Thread.ofVirtual().name("rollout-controller").unstarted(this::run);
  }

  static ControllerLoop start(OpenDatabase database) {
    ControllerLoop loop = new ControllerLoop(database);
    loop.thread.start();
    return loop;
  }

  /** What last went wrong, if anything did. */
  Optional<String> failure() {
    return Optional.ofNullable(failure);
  }

  @Override
  public void close() {
    stopped = true;
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void run() {
    while (!stopped) {
      try {
        lead();
      } catch (DatabaseException e) {
        failure = e.getMessage();
      }
      pause();
    }
  }

  private void lead() {
    Optional<LeaderLock> taken = database.tryLeadRollouts();
    if (taken.isEmpty()) {
      return;
    }
    try (LeaderLock lock = taken.get()) {
      RolloutController controller = database.controller();
      while (!stopped && lock.isHeld()) {
        controller.tick();
        pause();
      }
    }
  }

  private static void pause() {
    try {
      Thread.sleep(TICK);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
