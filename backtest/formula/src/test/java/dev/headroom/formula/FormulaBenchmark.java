package dev.headroom.formula;

import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/**
 * How long an evaluation takes: interpreted, compiled, and as a loop that a programmer would write.
 * Run it on a quiet machine, after {@code mvn -pl backtest/formula -am test-compile}:
 *
 * <pre>java -cp backtest/formula/target/classes:backtest/formula/target/test-classes \
 *   dev.headroom.formula.FormulaBenchmark</pre>
 *
 * <p>All variants of a row run in turn in one process, so that a noisy machine disturbs their ratio
 * least; the figure is the fastest of many rounds.
 */
public final class FormulaBenchmark {

  private static final long SECOND_NS = 1_000_000_000L;

  /** A day at 1 Hz. */
  private static final int SAMPLES = 86_400;

  private static final long ROW_NS = 10 * SECOND_NS;

  /** The interpreter needs fewer to be warm, and takes longer for each. */
  private static final int INTERPRETED_ROUNDS = 20;

  /** A loop written by hand; columns are in the order of the formula's inputs. */
  private interface Loop {
    void run(double[][] columns, double[] limits);
  }

  private record Row(String name, String text, @Nullable Loop byHand) {}

  private FormulaBenchmark() {}

  private static List<Row> rows() {
    return List.of(
        new Row("static-75", library("static-75"), FormulaBenchmark::static75),
        new Row("talk", library("talk"), FormulaBenchmark::talk),
        new Row("floor", library("floor"), null),
        new Row(
            "branches",
            "memory_max - shmem if memory_max - shmem > 2 * anon and anon < 900MiB else memory_max / 2",
            FormulaBenchmark::branches),
        new Row("max 10m", "max_over_time(anon, 10m)", null),
        new Row("avg 1h", "avg_over_time(anon, 1h)", null),
        new Row("predict 5m", "predict_linear(anon, 5m, 30s)", null),
        new Row("quantile 1h", "quantile_over_time(0.99, anon, 1h)", null),
        new Row("ewma 5m", "ewma(anon, 5m)", null));
  }

  private static String library(String name) {
    return FormulaLibrary.find(name).orElseThrow().text();
  }

  /** Inputs in the order of {@link Input}: memory_max. */
  private static void static75(double[][] columns, double[] limits) {
    double[] memoryMax = columns[0];
    for (int i = 0; i < limits.length; i++) {
      limits[i] = 0.75 * memoryMax[i];
    }
  }

  /** memory_max, shmem, shared_buffers, effective_connections. */
  private static void talk(double[][] columns, double[] limits) {
    double[] memoryMax = columns[0];
    double[] shmem = columns[1];
    double[] sharedBuffers = columns[2];
    double[] connections = columns[3];
    for (int i = 0; i < limits.length; i++) {
      double pageTables = Math.floor(connections[i] * sharedBuffers[i] * 8 / 4096);
      limits[i] = memoryMax[i] - (shmem[i] + pageTables + 104_857_600.0);
    }
  }

  /** memory_max, anon, shmem. */
  private static void branches(double[][] columns, double[] limits) {
    double[] memoryMax = columns[0];
    double[] anon = columns[1];
    double[] shmem = columns[2];
    for (int i = 0; i < limits.length; i++) {
      double rest = memoryMax[i] - shmem[i];
      limits[i] = rest > 2 * anon[i] && anon[i] < 943_718_400.0 ? rest : memoryMax[i] / 2;
    }
  }

  public static void main(String[] args) {
    System.out.printf("%-12s %12s %12s %12s%n", "ns/sample", "interpreted", "compiled", "by hand");
    for (Row row : rows()) {
      measure(row);
    }
    measureCompilation();
  }

  private static void measure(Row row) {
    Formula formula = Formula.parse(row.text());
    var random = new Random(1);
    long[] timesNs = new long[SAMPLES];
    double[][] columns = new double[formula.inputs().size()][SAMPLES];
    for (int i = 0; i < SAMPLES; i++) {
      timesNs[i] = i * SECOND_NS;
      for (double[] column : columns) {
        column[i] = random.nextInt(1, 1 << 30);
      }
    }
    double[] limits = new double[SAMPLES];
    double[] best = new double[3];
    Arrays.fill(best, Double.POSITIVE_INFINITY);
    CompiledFormula compiled = CompiledFormula.of(formula);
    long begin = System.nanoTime();
    for (int round = 0; System.nanoTime() - begin < ROW_NS; round++) {
      ColumnEvaluator interpreter = formula.newColumnEvaluator();
      ColumnEvaluator code = compiled.newColumnEvaluator();
      if (round < INTERPRETED_ROUNDS) {
        best[0] =
            Math.min(
                best[0], time(() -> interpreter.evaluate(timesNs, columns, 0, SAMPLES, limits)));
      }
      best[1] = Math.min(best[1], time(() -> code.evaluate(timesNs, columns, 0, SAMPLES, limits)));
      Loop byHand = row.byHand();
      if (byHand != null) {
        best[2] = Math.min(best[2], time(() -> byHand.run(columns, limits)));
      }
    }
    System.out.printf(
        "%-12s %12.2f %12.2f %12s%n",
        row.name(), best[0], best[1], row.byHand() == null ? "" : "%.2f".formatted(best[2]));
  }

  private static double time(Runnable work) {
    long begin = System.nanoTime();
    work.run();
    return (double) (System.nanoTime() - begin) / SAMPLES;
  }

  /** From text to code, for texts whose code nobody has made before. */
  private static void measureCompilation() {
    double bestUs = Double.POSITIVE_INFINITY;
    int terms = 20;
    for (int sums = 0; sums < 50; sums++) {
      long begin = System.nanoTime();
      for (int products = 0; products < terms; products++) {
        String text =
            "param share = 85% in [0%, 100%]\nrest = memory_max - shmem\nlimit = share * rest"
                + " + anon".repeat(sums)
                + " - anon * (shmem / anon)".repeat(products);
        CompiledFormula.of(Formula.parse(text));
      }
      bestUs = Math.min(bestUs, (System.nanoTime() - begin) / 1e3 / terms);
    }
    System.out.printf("from text to code: %.0f us for a formula%n", bestUs);
  }
}
