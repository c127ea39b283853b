package dev.headroom.model.rollout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.headroom.model.InstanceId;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class BucketsTest {

  private static final int MANY = 10_000;

  static LongStream seeds() {
    return LongStream.rangeClosed(1, 5);
  }

  /**
   * Worked by hand with {@code printf %s SALT:INSTANCE | sha256sum}: the first 16 digits as a
   * number, modulo 10,000.
   */
  @Test
  void bucket_isWhatTheDocumentedHashSays() {
    InstanceId instance = InstanceId.parse("00000000-0000-0000-0000-000000000001");
    UUID rollout = UUID.fromString("00000000-0000-0000-0000-0000000000aa");
    assertThat(Buckets.canaryBucket(rollout, instance)).isEqualTo(7527);
    assertThat(Buckets.isHeldOut(instance)).isEqualTo(false);
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void growingPercent_neverMovesAnInstanceOut(long seed) {
    UUID rollout = new UUID(seed, ~seed);
    for (InstanceId instance : Rollouts.instances(1_000, seed)) {
      int bucket = Buckets.canaryBucket(rollout, instance);
      int steps =
          (int)
              IntStream.range(1, 100)
                  .filter(percent ->
                      Buckets.isReached(bucket, percent) && !Buckets.isReached(bucket, percent + 1))
                  .count();
      assertThat(steps).as("steps back of %s in bucket %d", instance, bucket).isZero();
    }
  }

  /** Of 10,000 draws at p the share's deviation is at most sqrt(p(1-p))/100; five of them. */
  @ParameterizedTest
  @ValueSource(ints = {1, 5, 10, 25, 50, 99})
  void share_isCloseToPercent(int percent) {
    UUID rollout = new UUID(percent, 99);
    double p = percent / 100.0;
    long reached =
        Rollouts.instances(MANY, percent).stream()
            .filter(each -> Buckets.isReached(Buckets.canaryBucket(rollout, each), percent))
            .count();
    assertThat(reached / (double) MANY).isCloseTo(p, within(5 * Math.sqrt(p * (1 - p)) / 100));
  }

  @Test
  void holdOut_isCloseToItsShare() {
    long held = Rollouts.instances(MANY, 3).stream().filter(Buckets::isHeldOut).count();
    assertThat(held / (double) MANY).isCloseTo(0.05, within(5 * Math.sqrt(0.05 * 0.95) / 100));
  }

  /** Or the first instances of every canary would always be the same ones. */
  @Test
  void buckets_ofTwoRolloutsAreIndependent() {
    UUID one = new UUID(1, 1);
    UUID two = new UUID(2, 2);
    List<InstanceId> inOne =
        Rollouts.instances(MANY, 8).stream()
            .filter(each -> Buckets.isReached(Buckets.canaryBucket(one, each), 50))
            .toList();
    long inBoth =
        inOne.stream()
            .filter(each -> Buckets.isReached(Buckets.canaryBucket(two, each), 50))
            .count();
    assertThat(inBoth / (double) inOne.size()).isCloseTo(0.5, within(0.04));
  }

  @Test
  void everyBucket_isInRange() {
    Random random = new Random(5);
    for (InstanceId instance : Rollouts.instances(MANY, 6)) {
      UUID rollout = new UUID(random.nextLong(), random.nextLong());
      assertThat(Buckets.canaryBucket(rollout, instance)).isBetween(0, Buckets.COUNT - 1);
    }
  }
}
