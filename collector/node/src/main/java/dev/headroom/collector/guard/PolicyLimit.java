package dev.headroom.collector.guard;

import java.nio.charset.StandardCharsets;

/**
 * A limit and whose it is.
 *
 * @param policyId at most {@link #MAX_POLICY_ID_BYTES} bytes of UTF-8
 * @param limitBytes zero or more
 */
public record PolicyLimit(String policyId, long limitBytes) {

  /** What the segment has room for. */
  public static final int MAX_POLICY_ID_BYTES = SegmentLayout.POLICY_ID_BYTES - 1;

  public PolicyLimit {
    if (policyId.getBytes(StandardCharsets.UTF_8).length > MAX_POLICY_ID_BYTES) {
      throw new IllegalArgumentException(
          "the policy's id '%s' is longer than %d bytes".formatted(policyId, MAX_POLICY_ID_BYTES));
    }
    if (limitBytes < 0) {
      throw new IllegalArgumentException("a limit is not negative: " + limitBytes + " bytes");
    }
  }
}
