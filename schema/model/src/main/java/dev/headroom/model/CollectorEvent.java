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
    FAILURE
  }
}
