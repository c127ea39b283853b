package dev.headroom.load;

import dev.headroom.model.BackendKind;
import dev.headroom.model.OomKill;
import dev.headroom.store.ObservationStore;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import tools.jackson.databind.json.JsonMapper;

/** Measures how long it takes from the row of a kill to the event at those who listen. */
final class LiveProbe {

  private static final Duration PATIENCE = Duration.ofSeconds(10);

  /** More than one, so that a kill that grows older than a day meanwhile does not hide them. */
  private static final int VICTIMS = 3;

  /**
   * From just before the row is stored to the event.
   *
   * @param events how many arrived
   * @param lost how many did not within ten seconds
   */
  record Latency(int listeners, int events, int lost, double p50Ms, double p95Ms, double maxMs) {}

  private final DashboardClient client;
  private final List<String> tokens;
  private final ObservationStore store;
  private final FleetMember member;
  private final List<UUID> stored = new ArrayList<>();

  /**
   * A probe.
   *
   * @param tokens one for each listener
   * @param member the instance that is said to be killed
   */
  LiveProbe(
      DashboardClient client, List<String> tokens, ObservationStore store, FleetMember member) {
    this.client = client;
    this.tokens = List.copyOf(tokens);
    this.store = store;
    this.member = member;
  }

  private static final class Listener {
    private final AtomicLong kills = new AtomicLong(-1);
    private final Semaphore told = new Semaphore(0);
  }

  /**
   * Stores incidents one after the other and waits each time until everybody has heard.
   *
   * @param pause between incidents
   */
  Latency measure(int incidents, Duration pause) throws InterruptedException {
    List<Listener> listeners = tokens.stream().map(token -> new Listener()).toList();
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < tokens.size(); i++) {
      String token = tokens.get(i);
      Listener listener = listeners.get(i);
      threads.add(Thread.startVirtualThread(() -> listen(token, listener)));
    }
    try {
      for (Listener listener : listeners) {
        if (!listener.told.tryAcquire(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)) {
          throw new IllegalStateException("/api/v1/events says nothing when it is opened");
        }
      }
      return measure(listeners, incidents, pause);
    } finally {
      threads.forEach(Thread::interrupt);
      for (Thread thread : threads) {
        thread.join();
      }
    }
  }

  private Latency measure(List<Listener> listeners, int incidents, Duration pause)
      throws InterruptedException {
    List<Long> latencies = new ArrayList<>();
    int lost = 0;
    for (int incident = 0; incident < incidents; incident++) {
      long[] before = listeners.stream().mapToLong(each -> each.kills.get()).toArray();
      long[] heard = new long[listeners.size()];
      CountDownLatch all = new CountDownLatch(listeners.size());
      long begin = System.nanoTime();
      for (int i = 0; i < listeners.size(); i++) {
        int at = i;
        Thread.startVirtualThread(() -> {
          heard[at] = awaitMore(listeners.get(at), before[at], begin);
          all.countDown();
        });
      }
      store.store(kills());
      all.await();
      for (long nanos : heard) {
        if (nanos > 0) {
          latencies.add(nanos);
        } else {
          lost++;
        }
      }
      Thread.sleep(pause);
    }
    long[] sorted = latencies.stream().mapToLong(Long::longValue).toArray();
    Arrays.sort(sorted);
    return new Latency(
        listeners.size(),
        sorted.length,
        lost,
        Measurements.quantileMs(sorted, 0.5),
        Measurements.quantileMs(sorted, 0.95),
        Measurements.quantileMs(sorted, 1));
  }

  /** When the listener heard of more kills, in nanoseconds after {@code begin}; 0 if it did not. */
  private static long awaitMore(Listener listener, long before, long begin) {
    try {
      while (listener.kills.get() <= before) {
        long left = PATIENCE.toNanos() - (System.nanoTime() - begin);
        if (left <= 0 || !listener.told.tryAcquire(left, TimeUnit.NANOSECONDS)) {
          return 0;
        }
      }
      return System.nanoTime() - begin;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return 0;
    }
  }

  private List<OomKill> kills() {
    UUID incident = UUID.randomUUID();
    Instant now = Instant.now().truncatedTo(ChronoUnit.MICROS);
    List<OomKill> kills = new ArrayList<>();
    for (int i = 0; i < VICTIMS; i++) {
      UUID id = UUID.randomUUID();
      stored.add(id);
      kills.add(
          FleetHistory.kill(member, id, incident, now, BackendKind.CLIENT_BACKEND, 1_000 + i));
    }
    return kills;
  }

  /** The kills that were made up for this, to be removed afterwards. */
  List<UUID> storedKills() {
    return List.copyOf(stored);
  }

  private void listen(String token, Listener listener) {
    try {
      client.listen(
          "/api/v1/events",
          token,
          () -> {},
          data -> {
            listener.kills.set(JsonMapper.shared().readTree(data).get("kills").longValue());
            listener.told.release();
            return !Thread.currentThread().isInterrupted();
          });
    } catch (IOException e) {
      // A listener that is gone hears nothing: its events are counted as lost.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
