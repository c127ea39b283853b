package dev.headroom.model;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What a collector says about itself: nothing is lost in silence. The key is node, time, kind and
 * instance.
 *
 * @param node whose collector
 * @param instanceId the instance it concerns; absent when it concerns the node
 * @param occurredAt when, to the microsecond
 * @param kind what
 * @param count how many: samples missed, kills not captured, events dropped
 * @param durationMs how long: the gap, the lag, the loop
 * @param detail words for a person
 */
public record CollectorEvent(
    String node,
    @Nullable InstanceId instanceId,
    Instant occurredAt,
    Kind kind,
    @Nullable Long count,
    @Nullable Long durationMs,
    @Nullable String detail)
    implements Observation {

  /** What can happen to a collector. */
  public enum Kind {
    START,
    STOP,
    /** A source of kills was opened; the detail says which and why no better one. */
    CAPTURE_OPENED,
    /** Samples were due and not made. */
    GAP,
    /** Observations were given up. */
    DROP,
    /** The kernel counted another number of kills than were captured. */
    COUNTER_MISMATCH,
    /** The kernel marked a victim that was already exiting: no kill. */
    PHANTOM,
    /** Storing fell behind observing. */
    LAG,
    /** What the collector itself used over the last while. */
    COST,
    /** Something could not be read or stored; the work went on without it. */
    FAILURE,
    /** Flags were read that differ from those before. */
    FLAGS_CHANGED,
    /** Flags cannot be read; those last known hold for a bounded time. */
    FLAGS_AWAY,
    /** Kept flags are damaged or too old and are not used. */
    FLAGS_REFUSED,
    /** A guard goes on under what was last decided, because nothing new can be decided. */
    STEERING_HELD,
    /** That has lasted too long: the guard's lease is left to run out. */
    STEERING_RELEASED,
    /** A guard is led again. */
    STEERING_RESUMED,
    /** Somebody stopped every guard of the node. */
    GUARDS_STOPPED,
    /** The stop was lifted. */
    GUARDS_RESUMED,
    /** The wall clock was set; recorded times go on as before. */
    CLOCK_STEP
  }
}
