package dev.headroom.load;

import dev.headroom.model.Observation;
import dev.headroom.store.ObservationStore;
import dev.headroom.store.StoreResult;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;

/**
 * Stores observations in large batches from a few threads, by the way that collectors' rows go.
 * Close it to store what is left; that throws what went wrong.
 */
final class StoringSink implements Consumer<Observation>, AutoCloseable {

  private static final int BATCH = 20_000;
  private static final int THREADS = 2;

  /** Tells a thread that no more come. */
  private static final List<Observation> END = List.of();

  private final ObservationStore store;
  private final ArrayBlockingQueue<List<Observation>> batches = new ArrayBlockingQueue<>(THREADS);
  private final ExecutorService threads = Executors.newFixedThreadPool(THREADS);
  private final List<Future<?>> workers = new ArrayList<>();
  private final LongAdder stored = new LongAdder();
  private List<Observation> batch = new ArrayList<>(BATCH);

  StoringSink(ObservationStore store) {
    this.store = store;
    for (int i = 0; i < THREADS; i++) {
      workers.add(threads.submit(this::work));
    }
  }

  @Override
  public void accept(Observation observation) {
    batch.add(observation);
    if (batch.size() == BATCH) {
      hand(batch);
      batch = new ArrayList<>(BATCH);
    }
  }

  /** How many observations were new to the database. */
  long stored() {
    return stored.sum();
  }

  private void hand(List<Observation> full) {
    try {
      while (!batches.offer(full, 1, TimeUnit.SECONDS)) {
        for (Future<?> worker : workers) {
          if (worker.isDone()) {
            worker.get();
          }
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while storing", e);
    } catch (ExecutionException e) {
      throw new IllegalStateException("the fleet cannot be stored: " + e.getCause(), e);
    }
  }

  private void work() {
    try {
      for (List<Observation> next = batches.take(); !next.isEmpty(); next = batches.take()) {
        StoreResult result = store.store(next);
        if (!result.rejected().isEmpty()) {
          throw new IllegalStateException(
              "the database refused a made-up row: " + result.rejected().getFirst());
        }
        stored.add(result.stored());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    try {
      if (!batch.isEmpty()) {
        hand(batch);
        batch = List.of();
      }
      for (int i = 0; i < THREADS; i++) {
        hand(END);
      }
      for (Future<?> worker : workers) {
        worker.get();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while storing", e);
    } catch (ExecutionException e) {
      throw new IllegalStateException("the fleet cannot be stored: " + e.getCause(), e);
    } finally {
      threads.shutdownNow();
    }
  }
}
