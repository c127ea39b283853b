package dev.headroom.model;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A turn in an instance's life. The key is instance, time and kind.
 *
 * @param instanceId whose
 * @param occurredAt when, to the microsecond
 * @param kind what
 * @param outageMs only for {@link Kind#READY} after a crash: from the first kill to the moment
 *     connections were accepted again
 * @param detail words for a person, such as the line of the server's log
 */
public record InstanceEvent(
    InstanceId instanceId,
    Instant occurredAt,
    Kind kind,
    @Nullable Long outageMs,
    @Nullable String detail)
    implements Observation {

  /** The turns an instance's life takes. */
  public enum Kind {
    /** A postmaster was seen for the first time. */
    START,
    /** The instance accepts connections. */
    READY,
    /** The postmaster is gone after an orderly end. */
    STOP,
    /** The instance lost a process to SIGKILL, or its postmaster without an orderly end. */
    CRASH,
    /** The configuration was read again. */
    RELOAD
  }
}
