package dev.headroom.model;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/**
 * How each input of a formula is had from a sample; the live loop and the replay read through the
 * same functions.
 *
 * <p>Values are in bytes, counts or seconds; NaN says absent, and an unlimited {@code memory_max}
 * is infinite.
 */
public final class SampleInput {

  private static final double MICROSECONDS_PER_SECOND = 1e6;

  private static final Map<String, ToDoubleFunction<Sample>> BY_NAME = byName();

  private SampleInput() {}

  /**
   * The function that reads this input.
   *
   * @throws IllegalArgumentException when no input has this name
   */
  public static ToDoubleFunction<Sample> of(String inputName) {
    ToDoubleFunction<Sample> reader = BY_NAME.get(inputName);
    if (reader == null) {
      throw new IllegalArgumentException(
          "no input of a sample is named " + inputName + "; there are " + names());
    }
    return reader;
  }

  /** The names of all inputs. */
  public static Set<String> names() {
    return BY_NAME.keySet();
  }

  private static Map<String, ToDoubleFunction<Sample>> byName() {
    Map<String, ToDoubleFunction<Sample>> readers = new LinkedHashMap<>();
    readers.put("memory_max", SampleInput::memoryMax);
    for (Fact fact : Fact.values()) {
      readers.put(fact.inputName(), sample -> fact(sample, fact));
    }
    readers.put(
        "allocated",
        sample -> allocated(sample, Fact.GUARD_ALLOCATED, ProcessSample::guardAllocatedBytes));
    readers.put(
        "allocated_peak",
        sample ->
            allocated(sample, Fact.GUARD_ALLOCATED_PEAK, ProcessSample::guardAllocatedPeakBytes));
    readers.put("connections", sample -> count(sample, SampleInput::isConnection));
    readers.put(
        "active_connections",
        sample ->
            count(sample, process -> isConnection(process) && process.statementNumber() != null));
    readers.put(
        "effective_connections",
        sample ->
            count(
                sample,
                process -> isConnection(process) || process.kind() == BackendKind.PARALLEL_WORKER));
    readers.put("processes", sample -> sample.processes().size());
    return readers;
  }

  private static double memoryMax(Sample sample) {
    return switch (sample.memoryMax()) {
      case null -> Double.NaN;
      case MemoryLimit.Unlimited() -> Double.POSITIVE_INFINITY;
      case MemoryLimit.Bytes(long bytes) -> bytes;
    };
  }

  private static double fact(Sample sample, Fact fact) {
    OptionalLong value = sample.facts().find(fact);
    if (value.isEmpty()) {
      return Double.NaN;
    }
    return fact.unit() == Fact.Unit.MICROSECONDS
        ? value.getAsLong() / MICROSECONDS_PER_SECOND
        : value.getAsLong();
  }

  private static double allocated(Sample sample, Fact whole, NullableLong ofProcess) {
    if (sample.facts().has(whole)) {
      return sample.facts().get(whole);
    }
    double sum = Double.NaN;
    for (ProcessSample process : sample.processes()) {
      Long guarded = ofProcess.applyTo(process);
      Long held = guarded != null ? guarded : process.residentAnonBytes();
      if (held != null && process.kind() != BackendKind.OTHER) {
        sum = (Double.isNaN(sum) ? 0 : sum) + held;
      }
    }
    return sum;
  }

  private static boolean isConnection(ProcessSample process) {
    return process.kind() == BackendKind.CLIENT_BACKEND;
  }

  private static double count(Sample sample, Predicate<ProcessSample> wanted) {
    return sample.processes().stream().filter(wanted).count();
  }

  private interface NullableLong {
    @Nullable Long applyTo(ProcessSample process);
  }
}
