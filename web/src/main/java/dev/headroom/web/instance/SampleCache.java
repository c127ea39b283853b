package dev.headroom.web.instance;

import dev.headroom.engine.kernel.ReplayInput;
import dev.headroom.engine.recording.InstanceLoader;
import dev.headroom.engine.recording.SampleSpan;
import dev.headroom.engine.recording.SpannedRecording;
import dev.headroom.model.InstanceId;
import dev.headroom.model.InstanceRecording;
import dev.headroom.store.HourStore;
import dev.headroom.store.HourStore.Hour;
import dev.headroom.store.RecordingStore.SampleSink;
import dev.headroom.store.copy.BinaryCopyReader;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Samples of instances, packed in memory by the hour, for formulas that are typed letter by letter.
 *
 * <p>An hour is read once, whatever ranges it is part of. Whether it is still what the database has
 * is asked whenever the last answer is older than {@link #FRESH}: samples are never changed, only
 * added and, at the old end, dropped, so that a number of rows tells. Of a range that grows only
 * the hours that did are read again.
 *
 * <p>It holds a bounded number of bytes, hours longest unused go first, and none for longer than
 * {@link #EXPIRY} after they were last asked for. Safe for use by several threads. Close it to end
 * what runs in the background.
 */
final class SampleCache implements AutoCloseable {

  /** For how long an answer of the database holds. */
  static final Duration FRESH = Duration.ofSeconds(2);

  /** For how long what nobody asks for is kept. */
  static final Duration EXPIRY = Duration.ofMinutes(10);

  private static final long LARGEST_BUDGET = 512L << 20;
  private static final long HEAP_SHARES = 4;

  /** Rows are packed to no less than this; a range with more of them is not even begun. */
  private static final long LEAST_BYTES_PER_SAMPLE = 10;

  private static final int MOST_RANGES = 64;
  private static final int READ_AT_A_TIME = 2;

  /** A range has more samples than may be held. */
  static final class RangeTooLargeException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    RangeTooLargeException(long samples, long mostBytes) {
      super(
          "%,d samples take more than the %,d MiB that one range may"
              .formatted(samples, mostBytes >> 20));
    }
  }

  /**
   * What is held.
   *
   * @param hours how many hours of samples
   * @param bytes how much they take
   * @param reads how many hours were read from the database so far
   */
  record Holding(int hours, long bytes, long reads) {}

  /** A range as the database had it not long ago. */
  record Loaded(ReplayInput input, InstanceRecording events, int samples, long bytes) {}

  private record HourKey(InstanceId instance, Instant startsAt) {}

  private record Kept(Hour hour, SampleSpan span, long usedNs) {}

  private record RangeKey(InstanceId instance, Instant from, Instant to) {}

  private record Known(Loaded loaded, List<Hour> hours, long checkedNs) {}

  private final HourStore store;
  private final long budgetBytes;
  private final LongSupplier nanoTime;
  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("sample-expiry").factory());

  private final ScheduledFuture<?> expiring;

  /** So that the database and its connections are left for others. */
  private final Semaphore reading = new Semaphore(READ_AT_A_TIME);

  /** One thread at a time reads an instance; the others find what it read. */
  private final Map<InstanceId, ReentrantLock> loading = new ConcurrentHashMap<>();

  private final LinkedHashMap<HourKey, Kept> hours = new LinkedHashMap<>(16, 0.75f, true);
  private final Map<RangeKey, Known> ranges = new LinkedHashMap<>(16, 0.75f, true);
  private long bytes;
  private long reads;

  /** Holds at most a quarter of the heap. */
  SampleCache(HourStore store) {
    this(
        store,
        Math.min(LARGEST_BUDGET, Runtime.getRuntime().maxMemory() / HEAP_SHARES),
        System::nanoTime);
  }

  /**
   * Holds so many bytes.
   *
   * @param nanoTime the time that passes, in nanoseconds
   */
  SampleCache(HourStore store, long budgetBytes, LongSupplier nanoTime) {
    this.store = store;
    this.budgetBytes = budgetBytes;
    this.nanoTime = nanoTime;
    expiring = timer.scheduleWithFixedDelay(this::expire, 1, 1, TimeUnit.MINUTES);
  }

  /** So that one range never puts out what another just read. */
  long mostBytesOfARange() {
    return budgetBytes / 2;
  }

  synchronized Holding holding() {
    return new Holding(hours.size(), bytes, reads);
  }

  /**
   * A range, read as far as it is not here.
   *
   * @throws RangeTooLargeException when it has more samples than may be held
   * @throws java.util.NoSuchElementException when no collector ever reported this instance
   * @throws InterruptedException while another thread reads the instance
   */
  Loaded get(InstanceId instance, Instant from, Instant to) throws InterruptedException {
    RangeKey key = new RangeKey(instance, from, to);
    Known fresh = findFresh(key);
    if (fresh != null) {
      return fresh.loaded();
    }
    ReentrantLock lock = loading.computeIfAbsent(instance, _ -> new ReentrantLock());
    lock.lockInterruptibly();
    try {
      Known meanwhile = findFresh(key);
      if (meanwhile != null) {
        return meanwhile.loaded();
      }
      reading.acquire();
      try {
        return read(key);
      } finally {
        reading.release();
      }
    } finally {
      lock.unlock();
    }
  }

  private synchronized @Nullable Known findFresh(RangeKey key) {
    Known known = ranges.get(key);
    if (known == null || nanoTime.getAsLong() - known.checkedNs() > FRESH.toNanos()) {
      return null;
    }
    known.hours().forEach(hour -> touch(new HourKey(key.instance(), hour.startsAt())));
    return known;
  }

  private Loaded read(RangeKey key) {
    long checkedNs = nanoTime.getAsLong();
    Reading reading = new Reading(key);
    store.read(key.instance(), key.from(), key.to(), reading);
    if (reading.isTooLarge()) {
      throw new RangeTooLargeException(reading.samples(), mostBytesOfARange());
    }
    return keep(key, reading, checkedNs);
  }

  private synchronized Loaded keep(RangeKey key, Reading reading, long checkedNs) {
    Known before = ranges.get(key);
    InstanceRecording events = reading.events();
    if (before != null
        && before.hours().equals(reading.stored)
        && before.loaded().events().equals(events)) {
      ranges.put(key, new Known(before.loaded(), before.hours(), checkedNs));
      before.hours().forEach(hour -> touch(new HourKey(key.instance(), hour.startsAt())));
      return before.loaded();
    }
    List<SampleSpan> spans = new ArrayList<>();
    long rangeBytes = 0;
    for (Hour hour : reading.stored) {
      SampleSpan span = reading.span(hour);
      spans.add(span);
      rangeBytes += span.byteSize();
      put(new HourKey(key.instance(), hour.startsAt()), hour, span);
    }
    SpannedRecording recording = new SpannedRecording(events, spans, key.from(), key.to());
    Loaded loaded =
        new Loaded(
            ReplayInput.of(recording, key.from()),
            events,
            recording.header().sampleCount(),
            rangeBytes);
    ranges.put(key, new Known(loaded, reading.stored, checkedNs));
    trim();
    return loaded;
  }

  private void put(HourKey key, Hour hour, SampleSpan span) {
    Kept former = hours.put(key, new Kept(hour, span, nanoTime.getAsLong()));
    bytes += span.byteSize() - (former == null ? 0 : former.span().byteSize());
  }

  private void touch(HourKey key) {
    hours.computeIfPresent(
        key, (_, kept) -> new Kept(kept.hour(), kept.span(), nanoTime.getAsLong()));
  }

  private synchronized @Nullable SampleSpan find(InstanceId instance, Hour hour) {
    Kept kept = hours.get(new HourKey(instance, hour.startsAt()));
    return kept != null && kept.hour().equals(hour) ? kept.span() : null;
  }

  private void trim() {
    Iterator<Map.Entry<HourKey, Kept>> oldest = hours.entrySet().iterator();
    while (bytes > budgetBytes && oldest.hasNext()) {
      remove(oldest);
    }
    Iterator<RangeKey> oldestRange = ranges.keySet().iterator();
    while (ranges.size() > MOST_RANGES && oldestRange.hasNext()) {
      oldestRange.next();
      oldestRange.remove();
    }
  }

  /** Forgets what nobody asked for since {@link #EXPIRY}. */
  synchronized void expire() {
    long nowNs = nanoTime.getAsLong();
    Iterator<Map.Entry<HourKey, Kept>> oldest = hours.entrySet().iterator();
    while (oldest.hasNext() && nowNs - first().usedNs() > EXPIRY.toNanos()) {
      remove(oldest);
    }
    loading.values().removeIf(lock -> !lock.isLocked() && !lock.hasQueuedThreads());
  }

  private Kept first() {
    return hours.firstEntry().getValue();
  }

  /** A range holds its hours, so it goes with the first of them. */
  private void remove(Iterator<Map.Entry<HourKey, Kept>> oldest) {
    Map.Entry<HourKey, Kept> gone = oldest.next();
    bytes -= gone.getValue().span().byteSize();
    InstanceId instance = gone.getKey().instance();
    oldest.remove();
    ranges.keySet().removeIf(range -> range.instance().equals(instance));
  }

  @Override
  public void close() {
    expiring.cancel(true);
    timer.shutdownNow();
  }

  /** What one look at the database brings. */
  private final class Reading implements HourStore.Reader {
    private final RangeKey key;
    private final Map<Hour, SampleSpan> spans = new HashMap<>();
    private List<Hour> stored = List.of();
    private @Nullable InstanceRecording events;
    private List<Hour> together = List.of();
    private List<SampleSpan.Loader> loaders = List.of();
    private long readBytes;

    Reading(RangeKey key) {
      this.key = key;
    }

    InstanceRecording events() {
      InstanceRecording read = events;
      if (read == null) {
        throw new IllegalStateException("nothing was read of " + key);
      }
      return read;
    }

    SampleSpan span(Hour hour) {
      SampleSpan span = spans.get(hour);
      if (span == null) {
        throw new IllegalStateException("nothing was read of " + hour);
      }
      return span;
    }

    boolean isTooLarge() {
      return readBytes > mostBytesOfARange();
    }

    private long samples() {
      return stored.stream().mapToLong(Hour::samples).sum();
    }

    @Override
    public List<Hour> choose(InstanceRecording ofRange, List<Hour> hoursStored) {
      events = ofRange;
      stored = hoursStored;
      if (samples() * LEAST_BYTES_PER_SAMPLE > mostBytesOfARange()) {
        throw new RangeTooLargeException(samples(), mostBytesOfARange());
      }
      List<Hour> wanted = new ArrayList<>();
      for (Hour hour : stored) {
        SampleSpan known = find(key.instance(), hour);
        if (known == null) {
          wanted.add(hour);
        } else {
          spans.put(hour, known);
          readBytes += known.byteSize();
        }
      }
      return wanted;
    }

    @Override
    public SampleSink begin(List<Hour> hoursTogether) {
      together = hoursTogether;
      loaders = together.stream().map(_ -> new SampleSpan.Loader()).toList();
      return new Sink(together, loaders);
    }

    @Override
    public boolean end() {
      for (int i = 0; i < loaders.size(); i++) {
        SampleSpan span = loaders.get(i).finish();
        spans.put(together.get(i), span);
        readBytes += span.byteSize();
      }
      loaders = List.of();
      synchronized (SampleCache.this) {
        reads += together.size();
      }
      return !isTooLarge();
    }
  }

  /** Hands rows to the hours they belong to. */
  private static final class Sink implements SampleSink {
    private static final long MICROS_PER_HOUR = TimeUnit.HOURS.toMicros(1);

    private final Map<Long, SampleSpan.Loader> byHour = new HashMap<>();
    private final long[] sample = new long[InstanceLoader.sampleFields()];
    private final long[] process = new long[InstanceLoader.processFields()];
    private long hour;
    private SampleSpan.Loader loader;

    Sink(List<Hour> hours, List<SampleSpan.Loader> loaders) {
      for (int i = 0; i < hours.size(); i++) {
        byHour.put(numberOf(hours.get(i)), loaders.get(i));
      }
      hour = numberOf(hours.getFirst());
      loader = loaders.getFirst();
    }

    private static long numberOf(Hour hour) {
      return TimeUnit.SECONDS.toHours(hour.startsAt().getEpochSecond());
    }

    private SampleSpan.Loader loaderOf(long micros) {
      long wanted = Math.floorDiv(micros, MICROS_PER_HOUR);
      if (wanted != hour) {
        SampleSpan.Loader found = byHour.get(wanted);
        if (found == null) {
          throw new IllegalStateException("a row is of an hour that has no sample");
        }
        hour = wanted;
        loader = found;
      }
      return loader;
    }

    @Override
    public void sample(BinaryCopyReader row) {
      SampleSpan.Loader to = loaderOf(row.getMicros(0));
      to.sample(sample, row.getNumbers(sample, _ -> false, to::text));
    }

    @Override
    public void process(BinaryCopyReader row) {
      SampleSpan.Loader to = loaderOf(row.getMicros(0));
      to.process(process, row.getNumbers(process, InstanceLoader::isTextOfProcess, to::text));
    }
  }
}
