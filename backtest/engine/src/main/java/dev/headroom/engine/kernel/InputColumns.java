package dev.headroom.engine.kernel;

import dev.headroom.model.BackendKind;
import dev.headroom.model.Fact;
import dev.headroom.model.SampleInput;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The inputs of formulas over the samples of a chunk: what {@link SampleInput} reads from one
 * sample, in columns. A column is computed when the first policy asks for it, once for all.
 */
final class InputColumns {

  private static final double MICROSECONDS_PER_SECOND = 1e6;

  private final SampleChunk samples;

  /** By name: values for every sample of the recording that take the place of the samples' own. */
  private final Map<String, double[]> stated;

  private final Map<String, double[]> columns = new HashMap<>();

  /** Those that hold what belongs to the samples at hand. */
  private final Map<String, double[]> ready = new HashMap<>();

  private int first;

  InputColumns(SampleChunk samples, Map<String, double[]> stated) {
    this.samples = samples;
    this.stated = stated;
  }

  /** The chunk holds other samples now, the first of which has this number. */
  void refill(int firstSample) {
    first = firstSample;
    ready.clear();
  }

  /**
   * The input at each sample of the chunk, in its unit; NaN where it is absent.
   *
   * @throws IllegalArgumentException when no input has this name
   */
  double[] get(String name) {
    double[] known = ready.get(name);
    if (known == null) {
      known = compute(name);
      ready.put(name, known);
    }
    return known;
  }

  private double[] compute(String name) {
    double[] given = stated.get(name);
    Fact fact = given == null ? Fact.findByInputName(name).orElse(null) : null;
    if (fact != null && fact.unit() != Fact.Unit.MICROSECONDS) {
      return samples.fact(fact);
    }
    if (given == null && name.equals("memory_max")) {
      return samples.memoryMax;
    }
    double[] column = columns.computeIfAbsent(name, _ -> new double[samples.capacity()]);
    fill(name, given, fact, column);
    return column;
  }

  private void fill(String name, double @Nullable [] given, @Nullable Fact fact, double[] column) {
    if (given != null) {
      System.arraycopy(given, first, column, 0, samples.size);
    } else if (fact != null) {
      double[] microseconds = samples.fact(fact);
      for (int i = 0; i < samples.size; i++) {
        column[i] = microseconds[i] / MICROSECONDS_PER_SECOND;
      }
    } else {
      fillFromProcesses(name, column);
    }
  }

  private void fillFromProcesses(String name, double[] column) {
    switch (name) {
      case "allocated" -> fillHeld(Fact.GUARD_ALLOCATED, samples.guardAllocated, column);
      case "allocated_peak" -> fillHeld(Fact.GUARD_ALLOCATED_PEAK, samples.guardPeak, column);
      case "connections", "active_connections", "effective_connections", "processes" ->
          fillCount(name, column);
      default ->
          throw new IllegalArgumentException(
              "no input is named " + name + "; there are " + SampleInput.names());
    }
  }

  private void fillHeld(Fact whole, long[] guarded, double[] column) {
    double[] ofInstance = samples.fact(whole);
    for (int i = 0; i < samples.size; i++) {
      column[i] = Double.isNaN(ofInstance[i]) ? sumHeld(i, guarded) : ofInstance[i];
    }
  }

  private double sumHeld(int sample, long[] guarded) {
    double sum = Double.NaN;
    for (int row = samples.firstRow[sample]; row < samples.firstRow[sample + 1]; row++) {
      long held = guarded[row] != SampleChunk.ABSENT ? guarded[row] : samples.residentAnon[row];
      if (held != SampleChunk.ABSENT && samples.kind[row] != BackendKind.OTHER) {
        sum = (Double.isNaN(sum) ? 0 : sum) + held;
      }
    }
    return sum;
  }

  private void fillCount(String name, double[] column) {
    boolean all = name.equals("processes");
    boolean active = name.equals("active_connections");
    boolean workers = name.equals("effective_connections");
    for (int i = 0; i < samples.size; i++) {
      int count = 0;
      for (int row = samples.firstRow[i]; row < samples.firstRow[i + 1]; row++) {
        boolean client = samples.kind[row] == BackendKind.CLIENT_BACKEND;
        if (all
            || (client && (!active || samples.statement[row] != SampleChunk.ABSENT))
            || (workers && samples.kind[row] == BackendKind.PARALLEL_WORKER)) {
          count++;
        }
      }
      column[i] = count;
    }
  }
}
