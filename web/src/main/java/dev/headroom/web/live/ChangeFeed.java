package dev.headroom.web.live;

import dev.headroom.store.LiveStore;
import dev.headroom.store.LiveStore.Marks;
import java.time.Duration;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What is newest in the database, asked a few times a second while somebody listens and never
 * otherwise. Nobody is sent a queue: a listener that is slow hears the latest state. Safe for use
 * by several threads.
 */
public final class ChangeFeed implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(ChangeFeed.class);

  /** From a row to the page: half of this on average, and the query. */
  private static final Duration INTERVAL = Duration.ofMillis(400);

  private final LiveStore store;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final Thread asker;
  private @Nullable Marks latest;
  private long version;
  private int listeners;
  private boolean closed;

  public ChangeFeed(LiveStore store) {
    this.store = store;
    asker = Thread.ofVirtual().name("live-asker").start(this::ask);
  }

  /** How many listen now. */
  public int listeners() {
    lock.lock();
    try {
      return listeners;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Hears of every state from now on, until the feed is closed or the thread is interrupted.
   *
   * @param heartbeat called when nothing changed for a while
   * @param isGone whether nobody is there to hear any more
   */
  public void listen(
      Consumer<Marks> listener, Runnable heartbeat, Duration patience, BooleanSupplier isGone)
      throws InterruptedException {
    long seen = -1;
    join(1);
    try {
      while (!isGone.getAsBoolean()) {
        Marks news;
        lock.lock();
        try {
          long left = patience.toNanos();
          while (!closed && (latest == null || version == seen) && left > 0) {
            left = changed.awaitNanos(left);
          }
          if (closed) {
            return;
          }
          news = version == seen ? null : latest;
          seen = version;
        } finally {
          lock.unlock();
        }
        if (news == null) {
          heartbeat.run();
        } else {
          listener.accept(news);
        }
      }
    } finally {
      join(-1);
    }
  }

  private void join(int more) {
    lock.lock();
    try {
      listeners += more;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private void ask() {
    try {
      while (awaitListener()) {
        askOnce();
        Thread.sleep(INTERVAL);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void askOnce() {
    Marks marks;
    try {
      marks = store.marks();
    } catch (RuntimeException e) {
      LOG.warn("cannot ask for what is new: {}", e.getMessage());
      return;
    }
    lock.lock();
    try {
      if (!marks.equals(latest)) {
        latest = marks;
        version++;
        changed.signalAll();
      }
    } finally {
      lock.unlock();
    }
  }

  /** Waits until somebody listens; false when the feed is closed. */
  private boolean awaitListener() throws InterruptedException {
    lock.lockInterruptibly();
    try {
      while (listeners == 0 && !closed) {
        changed.await();
      }
      return !closed;
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
    asker.interrupt();
  }
}
