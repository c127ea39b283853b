package dev.headroom.engine.kernel;

import dev.headroom.model.Policy;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.OptionalLong;

/** What one policy has decided, and which of its limits is in force. */
final class LimitState {

  /** In force: no limit. No memory reaches it, so nothing is ever refused under it. */
  static final long NO_LIMIT = Long.MAX_VALUE;

  /** A limit that was decided and is not in force yet. */
  private record Pending(long fromNs, long limitBytes) {}

  private final Policy.Trigger decidesOn;
  private final long[] turnsNs;
  private final long cadenceNs;
  private final long lagNs;
  private final long minimumBytes;
  private final long maximumBytes;
  private final Deque<Pending> pending = new ArrayDeque<>();
  private int nextTurn;
  private boolean everAsked;
  private long lastAskedNs;
  private int noDecisions;
  private long inForceBytes = NO_LIMIT;

  /**
   * @param turnsNs when the instance started, became ready or was reloaded, in time order
   */
  LimitState(ReplayPolicy policy, long[] turnsNs) {
    decidesOn = policy.decidesOn();
    this.turnsNs = turnsNs;
    cadenceNs = policy.cadence().toNanos();
    lagNs = policy.lag().toNanos();
    minimumBytes = policy.minimumBytes().orElse(0);
    maximumBytes = policy.maximumBytes().orElse(NO_LIMIT - 1);
  }

  /**
   * Whether it decides at every sample, its limits are in force at once, and its bounds are numbers
   * that a double can tell.
   */
  boolean isImmediate() {
    return decidesOn == Policy.Trigger.CADENCE
        && cadenceNs == 0
        && lagNs == 0
        && isExact(minimumBytes)
        && isExact(maximumBytes);
  }

  /** What is as good as no bound needs no exact one. */
  private static boolean isExact(long bytes) {
    return bytes == NO_LIMIT - 1 || (long) (double) bytes == bytes;
  }

  long minimumBytes() {
    return minimumBytes;
  }

  long maximumBytes() {
    return maximumBytes;
  }

  /** In force at the last sample, in bytes, or {@link #NO_LIMIT}. */
  long inForceBytes() {
    return inForceBytes;
  }

  /** In force at a moment after the last sample, in bytes, or {@link #NO_LIMIT}. */
  long inForceBytes(long atNs) {
    long found = inForceBytes;
    for (Pending each : pending) {
      if (each.fromNs() <= atNs) {
        found = each.limitBytes();
      }
    }
    return found;
  }

  /** How often the rule was asked and had no usable answer. */
  int noDecisions() {
    return noDecisions;
  }

  /** Whether {@link Policy#limitBytes} makes a decision of a rule's answer. */
  static boolean isDecision(double limitBytes) {
    return limitBytes >= 0 && limitBytes <= Double.MAX_VALUE;
  }

  /** The decision that it makes, without an object for it. */
  long clamp(double limitBytes) {
    return Math.clamp((long) limitBytes, minimumBytes, maximumBytes);
  }

  /** Takes the rule's answer at a sample, if a decision is due there; gives the limit decided. */
  OptionalLong decideIfDue(long nowNs, double limitBytes) {
    if (!isDue(nowNs)) {
      return OptionalLong.empty();
    }
    everAsked = true;
    lastAskedNs = nowNs;
    OptionalLong bytes = Policy.limitBytes(limitBytes, minimumBytes, maximumBytes);
    if (bytes.isEmpty()) {
      noDecisions++;
    } else {
      pending.add(new Pending(nowNs + lagNs, bytes.getAsLong()));
    }
    return bytes;
  }

  private boolean isDue(long nowNs) {
    boolean turned = false;
    while (nextTurn < turnsNs.length && turnsNs[nextTurn] <= nowNs) {
      nextTurn++;
      turned = true;
    }
    if (!everAsked) {
      return true;
    }
    return switch (decidesOn) {
      case CADENCE -> nowNs - lastAskedNs >= cadenceNs;
      case EVENTS -> turned;
    };
  }

  /** Time has come to this sample. */
  void advanceTo(long nowNs) {
    while (!pending.isEmpty() && pending.getFirst().fromNs() <= nowNs) {
      inForceBytes = pending.removeFirst().limitBytes();
    }
  }

  /** Under {@link #isImmediate}: the limit decided at the last of several samples. */
  void decidedAtOnce(long limitBytes) {
    everAsked = true;
    inForceBytes = limitBytes;
  }
}
