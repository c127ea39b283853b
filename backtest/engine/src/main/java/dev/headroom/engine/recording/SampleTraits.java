package dev.headroom.engine.recording;

import dev.headroom.model.Fidelity;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** When samples were made, and what of each a replay must know before the first. Immutable. */
final class SampleTraits {

  private static final long NS_PER_MICROSECOND = 1_000;

  /** Whether the sample has the guard's limit; the other bits are a fidelity. */
  private static final byte HAS_GUARD_LIMIT = 0x40;

  private static final byte NO_PROCESS = 0;
  private static final List<Fidelity> FIDELITIES = List.of(Fidelity.values());

  private final long[] micros;
  private final byte[] traits;

  /**
   * What is known of some samples.
   *
   * @param micros when each was made, in microseconds since the epoch, ascending
   * @param traits what {@link #of} says of each
   */
  SampleTraits(long[] micros, byte[] traits) {
    this.micros = micros;
    this.traits = traits;
  }

  static byte of(boolean hasGuardLimit) {
    return hasGuardLimit ? HAS_GUARD_LIMIT : NO_PROCESS;
  }

  /** Of a sample that has processes. */
  static byte of(Fidelity fidelity) {
    return (byte) (FIDELITIES.indexOf(fidelity) + 1);
  }

  /** When each sample was made, in microseconds since the epoch; not to be written to. */
  long[] micros() {
    return micros;
  }

  /**
   * When the samples from one to before another were made, in nanoseconds since the epoch.
   *
   * @param timeNs receives them from {@code at} on
   */
  void writeTimes(int from, int to, long[] timeNs, int at) {
    for (int i = from; i < to; i++) {
      timeNs[at + i - from] = Math.multiplyExact(micros[i], NS_PER_MICROSECOND);
    }
  }

  /** How many of the samples from one to before another that have processes have which fidelity. */
  Map<Fidelity, Integer> fidelities(int from, int to) {
    Map<Fidelity, Integer> fidelities = new EnumMap<>(Fidelity.class);
    for (int i = from; i < to; i++) {
      int known = traits[i] & ~HAS_GUARD_LIMIT;
      if (known != NO_PROCESS) {
        fidelities.merge(FIDELITIES.get(known - 1), 1, Integer::sum);
      }
    }
    return fidelities;
  }

  /** Whether any of the samples from one to before another has the guard's limit. */
  boolean hasGuardLimit(int from, int to) {
    for (int i = from; i < to; i++) {
      if ((traits[i] & HAS_GUARD_LIMIT) != 0) {
        return true;
      }
    }
    return false;
  }
}
