package dev.headroom.model.rollout;

import dev.headroom.model.InstanceId;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.UUID;

/**
 * Puts instances into buckets by hash, so that every process puts them alike and nobody has to
 * remember: the first eight bytes of SHA-256 over {@code salt:instance}, unsigned, modulo 10,000.
 */
public final class Buckets {

  /** How many there are: one is a hundredth of a percent. */
  public static final int COUNT = 10_000;

  /** The share of instances that stay in shadow for ever, whatever is promoted. */
  public static final int HOLDOUT_PERCENT = 5;

  private Buckets() {}

  /**
   * Whether an instance stays in shadow for ever. The same instances for every rollout, or each
   * promotion would use up the instances that show what happens without one.
   */
  public static boolean isHeldOut(InstanceId instance) {
    return bucket("holdout", instance) < HOLDOUT_PERCENT * (COUNT / 100);
  }

  /** The instance's place in a rollout, 0 to 9,999; it never changes. */
  public static int canaryBucket(UUID rolloutId, InstanceId instance) {
    return bucket(rolloutId.toString(), instance);
  }

  /**
   * Whether a canary of so many percent has reached a bucket: it keeps those it has as it grows.
   */
  public static boolean isReached(int bucket, int percent) {
    return bucket < percent * (COUNT / 100);
  }

  private static int bucket(String salt, InstanceId instance) {
    byte[] hash = sha256().digest((salt + ':' + instance).getBytes(StandardCharsets.UTF_8));
    return (int) Long.remainderUnsigned(ByteBuffer.wrap(hash).getLong(), COUNT);
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }
}
