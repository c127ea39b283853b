package dev.headroom.web.http;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * How often one caller may call: a bucket that holds {@code burst} requests and fills again at a
 * steady rate. Remembers a bounded number of callers. Safe for use by several threads.
 */
public final class RateLimit {

  private static final int MOST_CALLERS = 10_000;
  private static final double NS_PER_S = 1e9;

  private final double perSecond;
  private final double burst;
  private final LongSupplier clockNs;
  private final Map<String, Bucket> buckets =
      new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Bucket> eldest) {
          return size() > MOST_CALLERS;
        }
      };

  private record Bucket(double left, long atNs) {}

  /**
   * @param clockNs a clock that never steps back
   */
  public RateLimit(double perSecond, double burst, LongSupplier clockNs) {
    this.perSecond = perSecond;
    this.burst = burst;
    this.clockNs = clockNs;
  }

  /** Whether this caller may make one more request now; if so, it is counted. */
  public synchronized boolean tryTake(String caller) {
    long now = clockNs.getAsLong();
    @Nullable Bucket bucket = buckets.get(caller);
    double left =
        bucket == null
            ? burst
            : Math.min(burst, bucket.left() + (now - bucket.atNs()) / NS_PER_S * perSecond);
    boolean allowed = left >= 1;
    buckets.put(caller, new Bucket(allowed ? left - 1 : left, now));
    return allowed;
  }
}
