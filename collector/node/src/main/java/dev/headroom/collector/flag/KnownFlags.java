package dev.headroom.collector.flag;

import dev.headroom.collector.flag.FlagCache.Kept;
import dev.headroom.model.Policy;
import dev.headroom.model.rollout.FlagState;
import dev.headroom.model.rollout.PolicyVersion;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The flags as last known, and for how long they may be acted on. Safe for several threads. */
public final class KnownFlags {

  private final Supplier<Instant> clock;
  private final Duration maxAge;
  private volatile @Nullable Kept kept;

  /**
   * @param clock the node's event time, which no set wall clock moves
   * @param maxAge how long a state counts after the database last confirmed it
   */
  public KnownFlags(Supplier<Instant> clock, Duration maxAge) {
    this.clock = clock;
    this.maxAge = maxAge;
  }

  /** The database says this now. */
  public Kept confirm(FlagState state) {
    return restore(new Kept(state, clock.get()));
  }

  /** This was known before; it ages from when it was confirmed. */
  public Kept restore(Kept earlier) {
    kept = earlier;
    return earlier;
  }

  /** What is known, however old. */
  public Optional<Kept> find() {
    return Optional.ofNullable(kept);
  }

  /** What may be acted on now. */
  public Optional<FlagState> findUsable() {
    return find().filter(this::isUsable).map(Kept::state);
  }

  /** Whether a state is neither too old nor from a time that has not come. */
  public boolean isUsable(Kept earlier) {
    Duration age = Duration.between(earlier.confirmedAt(), clock.get());
    return !age.isNegative() && age.compareTo(maxAge) <= 0;
  }

  /** Why there is nothing to act on. */
  public String absence() {
    return find()
        .map(last ->
            "the flags were last confirmed at %s and count for %s after that"
                .formatted(last.confirmedAt(), words(maxAge)))
        .orElse("no flags were ever read");
  }

  /** The policy of this id among those known, usable or not: policies are immutable. */
  public Optional<Policy> findPolicy(String policyId) {
    return find().flatMap(last -> last.state().policy(policyId)).map(PolicyVersion::policy);
  }

  private static String words(Duration duration) {
    return duration.toSeconds() % 60 == 0
        ? duration.toMinutes() + " min"
        : duration.toSeconds() + " s";
  }
}
