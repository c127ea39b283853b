package dev.headroom.web.rollout;

import dev.headroom.promotion.Outlook;
import dev.headroom.promotion.Promotion;
import dev.headroom.store.RolloutStore.Kept;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The outlooks of rollouts, for many pages at once: gates read what all instances did, so each
 * rollout is looked at once in a few seconds, whoever asks. Whatever changes a rollout asks its
 * gates anew. Safe for use by several threads.
 */
final class Outlooks {

  private static final Duration STANDS = Duration.ofSeconds(3);

  private final Promotion promotion;
  private final InstantSource clock;
  private final Map<UUID, Known> known = new ConcurrentHashMap<>();

  private record Known(Outlook outlook, long revision, Instant until) {}

  Outlooks(Promotion promotion, InstantSource clock) {
    this.promotion = promotion;
    this.clock = clock;
  }

  /** The outlook of a rollout, at most a few seconds old and never of an earlier revision. */
  Outlook get(Kept kept) {
    Instant now = clock.instant();
    known.values().removeIf(each -> each.until().isBefore(now));
    // Callers at the same time wait for the first one instead of asking the same.
    return known
        .compute(
            kept.rollout().rolloutId(),
            (_, last) ->
                last != null && last.revision() == kept.rollout().revision()
                    ? last
                    : new Known(
                        promotion.outlook(kept),
                        kept.rollout().revision(),
                        clock.instant().plus(STANDS)))
        .outlook();
  }
}
