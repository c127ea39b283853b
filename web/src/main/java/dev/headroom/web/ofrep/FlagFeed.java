package dev.headroom.web.ofrep;

import dev.headroom.model.rollout.FlagState;
import dev.headroom.store.DatabaseException;
import dev.headroom.store.FlagStateWatch;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The flags' state as the database last told it, for {@link #BELIEVED} after it went away. Safe for
 * use by several threads.
 */
public final class FlagFeed implements AutoCloseable {

  /** As long as a collector believes what it read last. */
  public static final Duration BELIEVED = Duration.ofMinutes(15);

  private static final Logger LOG = LoggerFactory.getLogger(FlagFeed.class);
  private static final Duration PATIENCE = Duration.ofMillis(500);
  private static final Duration RETRY = Duration.ofSeconds(1);

  private final FlagStateWatch watch;
  private final InstantSource clock;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final Thread reader;
  private @Nullable Known latest;
  private boolean closed;

  /**
   * A state and when it was seen.
   *
   * @param changedAt when it was first seen
   * @param seenAt when it was last seen
   */
  public record Known(FlagState state, Instant changedAt, Instant seenAt) {}

  /**
   * @param watch used, and closed, by this alone
   */
  public FlagFeed(FlagStateWatch watch, InstantSource clock) {
    this.watch = watch;
    this.clock = clock;
    reader = Thread.ofPlatform().daemon().name("flag-feed").start(this::read);
  }

  /** The state now; empty before the first was read, and when the last one is too old. */
  public Optional<Known> find() {
    lock.lock();
    try {
      return Optional.ofNullable(latest)
          .filter(known -> clock.instant().isBefore(known.seenAt().plus(BELIEVED)));
    } finally {
      lock.unlock();
    }
  }

  /**
   * Waits for another state than this one.
   *
   * @return the state now, which may be the same; empty when there is none
   */
  public Optional<Known> awaitChange(@Nullable FlagState seen, Duration patience)
      throws InterruptedException {
    lock.lockInterruptibly();
    try {
      long left = patience.toNanos();
      while (!closed && (latest == null || latest.state().equals(seen)) && left > 0) {
        left = changed.awaitNanos(left);
      }
      return Optional.ofNullable(latest);
    } finally {
      lock.unlock();
    }
  }

  /** Whether nothing will change any more. */
  public boolean isClosed() {
    lock.lock();
    try {
      return closed;
    } finally {
      lock.unlock();
    }
  }

  private void read() {
    boolean isAway = false;
    while (!isClosed()) {
      try {
        watch.await(PATIENCE).ifPresent(this::take);
        isAway = false;
      } catch (DatabaseException e) {
        if (!isAway && !isClosed()) {
          LOG.warn("flags are answered from what was read last: {}", e.getMessage());
        }
        isAway = true;
        rest();
      }
    }
    watch.close();
  }

  private void take(FlagState state) {
    lock.lock();
    try {
      Instant now = clock.instant();
      boolean isNew = latest == null || !latest.state().equals(state);
      latest = new Known(state, isNew || latest == null ? now : latest.changedAt(), now);
      if (isNew) {
        changed.signalAll();
      }
    } finally {
      lock.unlock();
    }
  }

  private void rest() {
    lock.lock();
    try {
      long left = RETRY.toNanos();
      while (!closed && left > 0) {
        left = changed.awaitNanos(left);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void close() {
    lock.lock();
    try {
      closed = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    try {
      reader.join(Duration.ofSeconds(5));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
