package dev.headroom.engine.kernel;

import dev.headroom.model.InstanceId;
import java.util.UUID;

/**
 * A limit that knows nothing: one fraction of memory_max for each instance, uniform in [0, 1).
 *
 * <p>One draw for an instance, not one for each sample: a fresh draw at every sample would soon be
 * low by chance and refuse nearly everything.
 */
record RandomLimit(long seed) implements LimitRule {

  private static final long GOLDEN_GAMMA = 0x9E3779B97F4A7C15L;
  private static final double UNIT_OF_53_BITS = 0x1p-53;

  @Override
  public Run start(InstanceId instance) {
    double fraction = fraction(instance.value());
    return (chunk, limitBytes) -> {
      double[] memoryMax = chunk.input("memory_max");
      for (int i = 0; i < chunk.size(); i++) {
        limitBytes[i] = fraction * memoryMax[i];
      }
    };
  }

  private double fraction(UUID instance) {
    long bits =
        mix(mix(seed ^ instance.getMostSignificantBits()) ^ instance.getLeastSignificantBits());
    return (bits >>> 11) * UNIT_OF_53_BITS;
  }

  /** SplitMix64's finaliser (Steele, Lea, Flood 2014): every input bit reaches every output bit. */
  private static long mix(long value) {
    long z = value + GOLDEN_GAMMA;
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }
}
