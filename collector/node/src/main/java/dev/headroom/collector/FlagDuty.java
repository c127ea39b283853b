package dev.headroom.collector;

import dev.headroom.collector.duty.Duty;
import dev.headroom.collector.flag.FlagCache;
import dev.headroom.collector.flag.FlagCache.Kept;
import dev.headroom.collector.flag.KnownFlags;
import dev.headroom.collector.kernel.EventClock;
import dev.headroom.model.CollectorEvent;
import dev.headroom.model.rollout.FlagState;
import dev.headroom.store.DatabaseException;
import dev.headroom.store.FlagStateWatch;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Reads the flags when they change, keeps them for the database's absence, and tells of both. */
final class FlagDuty implements Duty, AutoCloseable {

  /** A turn ends this soon, so that a collector that is stopped need not wait for it. */
  private static final Duration TURN = Duration.ofMillis(500);

  private static final Duration RETRY = Duration.ofSeconds(1);

  /** How far the time of the kept flags may lag behind what was confirmed. */
  private static final Duration KEEP_INTERVAL = Duration.ofMinutes(1);

  private final FlagStateWatch watch;
  private final FlagCache cache;
  private final KnownFlags known;
  private final EventClock clock;
  private final EventRecorder recorder;
  private @Nullable Instant keptAt;
  private @Nullable Instant awaySince;

  FlagDuty(
      FlagStateWatch watch,
      FlagCache cache,
      KnownFlags known,
      EventClock clock,
      EventRecorder recorder) {
    this.watch = watch;
    this.cache = cache;
    this.known = known;
    this.clock = clock;
    this.recorder = recorder;
  }

  /** Takes what an earlier collector kept; what is damaged or too old is told and not used. */
  static void restore(FlagCache cache, KnownFlags known, EventRecorder recorder) {
    try {
      Optional<Kept> kept = cache.find();
      if (kept.isEmpty()) {
        return;
      }
      known.restore(kept.get());
      if (!known.isUsable(kept.get())) {
        recorder.tell(
            CollectorEvent.Kind.FLAGS_REFUSED,
            null,
            null,
            null,
            "the flags kept on disk are not used: " + known.absence());
      }
    } catch (IOException damaged) {
      recorder.tell(CollectorEvent.Kind.FLAGS_REFUSED, null, null, null, damaged.getMessage());
    }
  }

  @Override
  public String name() {
    return "flags";
  }

  @Override
  public Duration doWork() {
    try {
      watch.await(TURN).ifPresent(this::adopt);
      return Duration.ZERO;
    } catch (DatabaseException away) {
      if (awaySince == null) {
        awaySince = clock.now();
        recorder.tell(
            CollectorEvent.Kind.FLAGS_AWAY,
            null,
            null,
            null,
            "the flags last known hold: " + away.getMessage());
      }
      return RETRY;
    }
  }

  private void adopt(FlagState state) {
    Optional<FlagState> before = known.find().map(Kept::state);
    Kept confirmed = known.confirm(state);
    @Nullable Duration absence =
        awaySince == null ? null : Duration.between(awaySince, clock.now());
    awaySince = null;
    boolean changed = before.isEmpty() || !before.get().equals(state);
    if (changed || absence != null) {
      recorder.tell(
          CollectorEvent.Kind.FLAGS_CHANGED,
          null,
          state.revision(),
          absence,
          "flags of revision %d%s: %s"
              .formatted(
                  state.revision(),
                  absence == null ? "" : ", after %d s without".formatted(absence.toSeconds()),
                  state
                      .stop()
                      .map(why -> "every guard is stopped: " + why)
                      .orElse(state.rollouts().size() + " rollouts")));
    }
    if (changed || keptAt == null || clock.now().isAfter(keptAt.plus(KEEP_INTERVAL))) {
      keep(confirmed);
    }
  }

  private void keep(Kept confirmed) {
    try {
      cache.write(confirmed);
      keptAt = confirmed.confirmedAt();
    } catch (IOException refused) {
      recorder.fail(
          null,
          new IOException("the flags cannot be kept on disk: " + refused.getMessage(), refused));
    }
  }

  @Override
  public void close() {
    watch.close();
  }
}
