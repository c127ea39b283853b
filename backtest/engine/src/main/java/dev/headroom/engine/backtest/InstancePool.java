package dev.headroom.engine.backtest;

import dev.headroom.engine.backtest.RecordingSource.InstanceSource;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CompletionService;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/**
 * Replays instances on a bounded number of threads. An instance is taken from its source only when
 * a thread is free for it, so that no more of them are in memory than are worked on.
 */
final class InstancePool implements AutoCloseable {

  private static final int STOP_SECONDS = 60;

  private final int threads;
  private final ExecutorService executor;

  InstancePool(int threads) {
    this.threads = threads;
    executor =
        Executors.newFixedThreadPool(
            threads, Thread.ofPlatform().daemon().name("replay-", 0).factory());
  }

  /**
   * Replays every instance.
   *
   * @return in the order in which they were finished, which is not always the same
   * @throws BacktestCancelledException when this thread is interrupted
   */
  List<InstanceReplay> replay(
      Iterable<InstanceSource> instances,
      Function<InstanceSource, InstanceReplay> replay,
      ProgressListener progress) {
    CompletionService<InstanceReplay> running = new ExecutorCompletionService<>(executor);
    List<InstanceReplay> done = new ArrayList<>();
    Iterator<InstanceSource> waiting = instances.iterator();
    int started = 0;
    while (true) {
      while (started - done.size() < threads && waiting.hasNext()) {
        InstanceSource instance = waiting.next();
        running.submit(() -> replay.apply(instance));
        started++;
      }
      if (started == done.size()) {
        return done;
      }
      InstanceReplay finished = await(running);
      done.add(finished);
      progress.instanceReplayed(finished.instanceId(), done.size());
    }
  }

  private static InstanceReplay await(CompletionService<InstanceReplay> running) {
    try {
      return running.take().get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new BacktestCancelledException();
    } catch (ExecutionException e) {
      switch (e.getCause()) {
        case RuntimeException failure -> throw failure;
        case Error failure -> throw failure;
        case null, default -> throw new IllegalStateException("a replay failed", e);
      }
    }
  }

  /** Stops what is still running, and waits until it has: it may hold files of its source. */
  @Override
  public void close() {
    executor.shutdownNow();
    boolean interrupted = Thread.interrupted();
    try {
      if (!executor.awaitTermination(STOP_SECONDS, TimeUnit.SECONDS)) {
        throw new IllegalStateException(
            "a replay did not stop within " + STOP_SECONDS + " s of being told to");
      }
    } catch (InterruptedException e) {
      interrupted = true;
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
