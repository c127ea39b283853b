package dev.headroom.collector;

import dev.headroom.collector.capture.CaptureOptions;
import dev.headroom.collector.capture.OomSource;
import dev.headroom.collector.capture.OomSources;
import dev.headroom.collector.duty.Duty;
import dev.headroom.collector.kernel.EventClock;
import dev.headroom.collector.kill.KillSettler;
import dev.headroom.model.CollectorEvent;
import java.io.Closeable;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Takes what the kernel tells of OOM kills: an event is in the journal before the source may forget
 * it, and settled from there. Opens the best source, and tries again when none works.
 */
final class CaptureDuty implements Duty, Closeable {

  private static final Duration POLL = Duration.ofMillis(100);
  private static final Duration COUNTER_INTERVAL = Duration.ofSeconds(1);
  private static final Duration RETRY_OPEN = Duration.ofSeconds(30);

  private final @Nullable CaptureOptions options;
  private final EventClock clock;
  private final EventRecorder recorder;
  private final InstanceRegistry registry;
  private final KillSettler settler;
  private final Consumer<String> opened;
  private final Queue<Integer> newPostmasters = new ConcurrentLinkedQueue<>();
  private final AtomicReference<@Nullable String> cursor;
  private volatile @Nullable OomSource source;
  private @Nullable Instant failedAt;
  private Instant countersReadAt = Instant.EPOCH;
  private long lost;

  /**
   * @param options absent to capture nothing; the kernel's counters still tell of kills
   * @param opened is told the label of the source once it is open
   */
  CaptureDuty(
      @Nullable CaptureOptions options,
      EventClock clock,
      EventRecorder recorder,
      InstanceRegistry registry,
      KillSettler settler,
      Consumer<String> opened) {
    this.options = options;
    this.clock = clock;
    this.recorder = recorder;
    this.registry = registry;
    this.settler = settler;
    this.opened = opened;
    this.cursor = new AtomicReference<>(options == null ? null : options.cursor());
  }

  @Override
  public String name() {
    return "capture";
  }

  /** Statements of this server's victims are wanted. Any thread. */
  void register(int postmasterPid) {
    newPostmasters.add(postmasterPid);
  }

  /** Where the source goes on after a restart; absent when it needs not be told. Any thread. */
  @Nullable String cursor() {
    return cursor.get();
  }

  /** The label of the open source. Any thread. */
  Optional<String> findSource() {
    OomSource open = source;
    return open == null ? Optional.empty() : Optional.of(open.kind().label());
  }

  @Override
  public Duration doWork() throws IOException {
    OomSource open = source();
    if (open != null) {
      registerPostmasters(open);
      take(open);
    }
    Instant now = clock.now();
    if (settler.hasUnsettled() || !now.isBefore(countersReadAt.plus(COUNTER_INTERVAL))) {
      settler.settle(registry.watchedIds(), now);
      countersReadAt = now;
    }
    return open == null ? POLL : Duration.ZERO;
  }

  /**
   * Settles, when the duty's turns have ended, what happened until then: takes what the source
   * still has and waits for what the kernel counted already, as long as that may take.
   */
  void finish() throws IOException {
    Instant until = clock.now().plus(KillSettler.PATIENCE).plus(POLL.multipliedBy(5));
    OomSource open = source;
    do {
      if (open == null) {
        LockSupport.parkNanos(POLL.toNanos());
      } else {
        take(open);
      }
      settler.settle(registry.watchedIds(), clock.now());
    } while (settler.isBehind() && clock.now().isBefore(until));
  }

  private void take(OomSource open) throws IOException {
    open.poll(POLL, settler.journal());
    open.findCursor().ifPresent(cursor::set);
    tellOfLost(open);
  }

  private @Nullable OomSource source() {
    if (source != null || options == null) {
      return source;
    }
    Instant now = clock.now();
    if (failedAt != null && now.isBefore(failedAt.plus(RETRY_OPEN))) {
      return null;
    }
    try {
      OomSources.Choice choice = OomSources.open(options);
      OomSource taken = choice.source();
      source = taken;
      opened.accept(taken.kind().label());
      recorder.tell(CollectorEvent.Kind.CAPTURE_OPENED, null, null, null, choice.describe());
      return taken;
    } catch (IOException none) {
      failedAt = now;
      recorder.fail(null, none);
      return null;
    }
  }

  private void registerPostmasters(OomSource open) {
    for (Integer pid = newPostmasters.poll(); pid != null; pid = newPostmasters.poll()) {
      // A kill can only be compared with a counter that was read before it.
      countersReadAt = Instant.EPOCH;
      try {
        open.registerPostmaster(pid);
      } catch (IOException refused) {
        recorder.fail(null, refused);
      }
    }
  }

  private void tellOfLost(OomSource open) throws IOException {
    long now = open.lostCount();
    if (now > lost) {
      recorder.tell(
          CollectorEvent.Kind.DROP,
          null,
          now - lost,
          null,
          "the kernel lost events of OOM kills before they were read");
    }
    lost = now;
  }

  @Override
  public void close() throws IOException {
    try (settler) {
      if (source != null) {
        source.close();
      }
    }
  }
}
