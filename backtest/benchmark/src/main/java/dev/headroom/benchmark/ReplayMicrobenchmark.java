package dev.headroom.benchmark;

import dev.headroom.engine.fleet.FleetSpec;
import dev.headroom.engine.kernel.BlockOptions;
import dev.headroom.engine.kernel.ReplayInput;
import dev.headroom.engine.kernel.ReplayOutcome;
import dev.headroom.engine.kernel.ReplayPass;
import dev.headroom.engine.kernel.ReplayPolicy;
import dev.headroom.engine.kernel.SampleChunk;
import dev.headroom.engine.kernel.SampleFeed;
import dev.headroom.engine.kernel.StreamedRecording;
import dev.headroom.formula.ColumnEvaluator;
import dev.headroom.formula.CompiledFormula;
import dev.headroom.formula.Formula;
import dev.headroom.formula.FormulaLibrary;
import dev.headroom.model.Fact;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * The parts of a replay, one by one, in nanoseconds a sample: a formula as code and interpreted,
 * the unpacking of column blocks, and a whole pass under a limit that is never reached and under
 * one that refuses somebody all the time. {@code run.sh micro} runs it.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@OperationsPerInvocation(ReplayMicrobenchmark.SAMPLES)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class ReplayMicrobenchmark {

  /** An hour and eight minutes at 1 Hz: two blocks of the cache. */
  static final int SAMPLES = 4096;

  /** The talk's formula over columns that change all the time. */
  @State(Scope.Thread)
  public static class Columns {
    private final Formula formula = Formula.parse(FormulaLibrary.find("talk").orElseThrow().text());
    private final ColumnEvaluator compiled = CompiledFormula.of(formula).newColumnEvaluator();
    private final ColumnEvaluator interpreted = formula.newColumnEvaluator();
    private final long[] timesNs = new long[SAMPLES];
    private final double[][] columns =
        new Random(1)
            .doubles((long) formula.inputs().size() * SAMPLES, 1, 1 << 30)
            .collect(() -> new Matrix(formula.inputs().size()), Matrix::add, (one, other) -> {})
            .columns;
    private final double[] limits = new double[SAMPLES];

    private static final class Matrix {
      private final double[][] columns;
      private int next;

      Matrix(int rows) {
        columns = new double[rows][SAMPLES];
      }

      void add(double value) {
        columns[next / SAMPLES][next % SAMPLES] = value;
        next++;
      }
    }
  }

  /** One made-up instance in column blocks. */
  @State(Scope.Benchmark)
  public static class Blocks {
    private final Path folder = folder();
    private final StreamedRecording recording = recording(folder);
    private final ReplayInput input = ReplayInput.of(recording, null);
    private final SampleChunk chunk = new SampleChunk(ReplayPass.CHUNK_SAMPLES);
    private final List<ReplayPolicy> quiet = List.of(policy("memory_max"));
    private final List<ReplayPolicy> refusing = List.of(policy("1MiB"));

    private static Path folder() {
      try {
        return Files.createTempDirectory("headroom-micro");
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    private static StreamedRecording recording(Path folder) {
      try {
        Duration step = Duration.ofSeconds(1);
        FleetSpec spec = new FleetSpec(1, step.multipliedBy(SAMPLES), step, 4, false, 1);
        return new Fleet(spec, folder).instances().getFirst();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    private static ReplayPolicy policy(String formula) {
      return SweepFormula.candidate(formula, formula).replayPolicy();
    }

    /** Removes the blocks. */
    @TearDown
    public void delete() throws IOException {
      try (var files = Files.list(folder)) {
        for (Path file : files.toList()) {
          Files.delete(file);
        }
      }
      Files.delete(folder);
    }
  }

  /** The talk's formula as code. */
  @Benchmark
  public double[] formulaCompiled(Columns of) {
    of.compiled.evaluate(of.timesNs, of.columns, 0, SAMPLES, of.limits);
    return of.limits;
  }

  /** The talk's formula by the reference. */
  @Benchmark
  public double[] formulaInterpreted(Columns of) {
    of.interpreted.evaluate(of.timesNs, of.columns, 0, SAMPLES, of.limits);
    return of.limits;
  }

  /** Samples with their processes and one fact, out of column blocks. */
  @Benchmark
  public double decodeChunks(Blocks of) {
    SampleFeed feed = of.recording.openSamples();
    double sum = 0;
    while (feed.next(of.chunk)) {
      sum += of.chunk.fact(Fact.SHMEM)[0];
    }
    return sum;
  }

  /** A pass in which nothing is ever above the limit. */
  @Benchmark
  public List<ReplayOutcome> passNeverReached(Blocks of) {
    return pass(of.input, of.quiet);
  }

  /** A pass in which every statement that grows is refused. */
  @Benchmark
  public List<ReplayOutcome> passAlwaysRefusing(Blocks of) {
    return pass(of.input, of.refusing);
  }

  private static List<ReplayOutcome> pass(ReplayInput input, List<ReplayPolicy> policies) {
    ReplayPass pass = new ReplayPass(input, policies, BlockOptions.ALL);
    while (pass.next()) {
      // to the end
    }
    return pass.outcomes();
  }
}
