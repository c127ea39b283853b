package dev.headroom.lab;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongConsumer;

/**
 * Looks at kill counters a hundred times a second, to tell when kills happened, not only how many.
 */
final class KillWatch {

  private static final long PERIOD_MS = 10;
  private static final long SECOND_NS = 1_000_000_000;

  private final LongConsumer onKills;
  private final Map<LabCgroup, Long> lastCount = new ConcurrentHashMap<>();
  private final List<Long> killNanos = new ArrayList<>();
  private final Thread thread;
  private volatile boolean stopped;

  /**
   * @param onKills hears the number of kills so far, whenever it has grown
   */
  KillWatch(LongConsumer onKills) {
    this.onKills = onKills;
    this.thread = Thread.ofVirtual().name("lab-kill-watch").start(this::watch);
  }

  void add(LabCgroup cgroup) {
    lastCount.put(cgroup, cgroup.oomKills());
  }

  /** The most kills that were seen within any one second. */
  int mostKillsWithinOneSecond() {
    return mostWithin(SECOND_NS, killNanos);
  }

  /**
   * @param times ascending
   */
  static int mostWithin(long windowNanos, List<Long> times) {
    int most = 0;
    int from = 0;
    for (int to = 0; to < times.size(); to++) {
      while (times.get(to) - times.get(from) >= windowNanos) {
        from++;
      }
      most = Math.max(most, to - from + 1);
    }
    return most;
  }

  /** Looks a last time. */
  void stop() {
    stopped = true;
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void watch() {
    while (!stopped) {
      look();
      Pause.ofMillis(PERIOD_MS);
    }
    look();
  }

  private void look() {
    int before = killNanos.size();
    lastCount.replaceAll((cgroup, last) -> {
      long now = cgroup.oomKills();
      for (long kill = last; kill < now; kill++) {
        killNanos.add(System.nanoTime());
      }
      // In the middle of a group kill the count can be one too low.
      return Math.max(last, now);
    });
    if (killNanos.size() > before) {
      onKills.accept(killNanos.size());
    }
  }
}
