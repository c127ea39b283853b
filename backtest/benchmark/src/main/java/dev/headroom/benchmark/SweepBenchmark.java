package dev.headroom.benchmark;

import com.sun.management.OperatingSystemMXBean;
import dev.headroom.benchmark.SweepResult.Total;
import dev.headroom.engine.backtest.Backtest;
import dev.headroom.engine.backtest.BacktestConfig;
import dev.headroom.engine.backtest.BacktestResult;
import dev.headroom.engine.backtest.EngineOptions;
import dev.headroom.engine.backtest.PolicyResult;
import dev.headroom.engine.backtest.ProgressListener;
import dev.headroom.engine.fleet.FleetSpec;
import dev.headroom.engine.kernel.ReplayInput;
import dev.headroom.engine.search.Score;
import dev.headroom.engine.search.Search;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The sweep end to end, side by side with the same computation by others. {@code
 * docs/benchmarks.md} says what is compared and has the figures; {@code run.sh} runs it.
 */
public final class SweepBenchmark {

  private static final Duration STEP = Duration.ofSeconds(1);
  private static final int DUCKDB_BATCH = 50;

  private final PrintStream out;
  private final Path folder;

  private SweepBenchmark(PrintStream out, Path folder) {
    this.out = out;
    this.folder = folder;
  }

  /**
   * Compares, or takes the headline.
   *
   * @param arguments {@code compare FOLDER INSTANCES HOURS FORMULAS PROGRAM…}, the C programs, or
   *     {@code headline FOLDER INSTANCES HOURS FORMULAS CLIENTS}
   */
  public static void main(String[] arguments)
      throws IOException, SQLException, InterruptedException {
    SweepBenchmark benchmark = new SweepBenchmark(System.out, Path.of(arguments[1]));
    int instances = Integer.parseInt(arguments[2]);
    Duration length = Duration.ofMinutes((long) (60 * Double.parseDouble(arguments[3])));
    List<SweepFormula> formulas = SweepFormula.list(Integer.parseInt(arguments[4]));
    if (arguments[0].equals("headline")) {
      int clients = Integer.parseInt(arguments[5]);
      benchmark.headline(new FleetSpec(instances, length, STEP, clients, true, 1), formulas);
    } else {
      List<Path> programs = new ArrayList<>();
      for (int i = 5; i < arguments.length; i++) {
        programs.add(Path.of(arguments[i]));
      }
      benchmark.compare(new FleetSpec(instances, length, STEP, 4, false, 1), formulas, programs);
    }
  }

  private void compare(FleetSpec spec, List<SweepFormula> formulas, List<Path> programs)
      throws IOException, SQLException, InterruptedException {
    Fleet fleet = new Fleet(spec, folder.resolve("blocks"));
    double work = (double) fleet.samples() * formulas.size();
    out.printf(
        Locale.ROOT,
        "%d instances, %,d samples, %d formulas%n",
        spec.instances(),
        fleet.samples(),
        formulas.size());
    engine(fleet, formulas, 1); // lets the JVM compile
    SweepResult engine = engine(fleet, formulas, 1);
    out.println(engine.describe(engine));
    out.println(engine(fleet, formulas, 2).describe(engine));
    Path columns = folder.resolve("columns.bin");
    CSweep.writeColumns(
        columns, fleet.instances().stream().map(each -> ReplayInput.of(each, null)).toList());
    for (Path program : programs) {
      String name = "C, " + program.getFileName();
      SweepResult c = CSweep.run(name, program, columns, STEP.toNanos(), formulas, work);
      out.println(c.describe(engine));
    }
    Path parquet = folder.resolve("parquet");
    fleet.writeParquet(parquet);
    out.println(duckDb(parquet, formulas, work).describe(engine));
  }

  private static SweepResult engine(Fleet fleet, List<SweepFormula> formulas, int threads) {
    long wall = System.nanoTime();
    long cpu = cpuNs();
    BacktestResult result =
        Backtest.run(
            fleet.source(),
            formulas.stream().map(SweepFormula::candidate).toList(),
            BacktestConfig.DEFAULT,
            EngineOptions.ofThisMachine().withThreads(threads),
            ProgressListener.NONE);
    double cpuSeconds = (cpuNs() - cpu) / 1e9;
    double wallSeconds = (System.nanoTime() - wall) / 1e9;
    List<Total> totals = new ArrayList<>();
    for (PolicyResult policy : result.policies().subList(0, formulas.size())) {
      totals.add(
          new Total(orZero(policy.overPromiseGibHours()), orZero(policy.slackGibHours()), 0));
    }
    return new SweepResult(
        "engine, whole replay, %d threads".formatted(threads),
        wallSeconds,
        cpuSeconds,
        (double) fleet.samples() * formulas.size(),
        totals);
  }

  private static double orZero(@Nullable Double value) {
    return value == null ? 0 : value;
  }

  private static SweepResult duckDb(Path parquet, List<SweepFormula> formulas, double work)
      throws SQLException {
    try (Connection connection = DriverManager.getConnection("jdbc:duckdb:");
        Statement statement = connection.createStatement()) {
      statement.execute("SET threads = 2");
      String file = "'" + parquet.resolve("memory_sample.parquet") + "'";
      String micros = "epoch_us(sampled_at)";
      SqlSweep.run(connection, file, micros, formulas.subList(0, 1), 1);
      long wall = System.nanoTime();
      long cpu = cpuNs();
      List<Total> totals = SqlSweep.run(connection, file, micros, formulas, DUCKDB_BATCH);
      return new SweepResult(
          "DuckDB, same Parquet, 2 threads",
          (System.nanoTime() - wall) / 1e9,
          (cpuNs() - cpu) / 1e9,
          work,
          totals);
    }
  }

  private void headline(FleetSpec spec, List<SweepFormula> formulas) throws IOException {
    long start = System.nanoTime();
    Fleet fleet = new Fleet(spec, folder.resolve("blocks"));
    out.printf(
        Locale.ROOT,
        "%d instances, %,d samples, %d clients each, %d kills, made up in %.0f s%n",
        spec.instances(),
        fleet.samples(),
        spec.clients(),
        fleet.kills(),
        (System.nanoTime() - start) / 1e9);
    resetPeaks();
    SweepResult sweep = scores(fleet, formulas);
    out.println(sweep.describe(sweep));
    out.printf(
        Locale.ROOT,
        "peak heap %.0f MiB of %.0f MiB%n",
        peakHeapBytes() / 1048576.0,
        Runtime.getRuntime().maxMemory() / 1048576.0);
  }

  /** As {@code backtest sweep} scores the formulas it chooses from. */
  private static SweepResult scores(Fleet fleet, List<SweepFormula> formulas) {
    long wall = System.nanoTime();
    long cpu = cpuNs();
    List<Score> scores =
        Search.scoreInBatches(
            (_, batch, config) ->
                Backtest.run(fleet.source(), batch, config, ProgressListener.NONE),
            fleet.whole(),
            formulas.stream().map(SweepFormula::candidate).toList(),
            Search.forChoosing(BacktestConfig.DEFAULT),
            Search.Progress.NONE);
    double cpuSeconds = (cpuNs() - cpu) / 1e9;
    double wallSeconds = (System.nanoTime() - wall) / 1e9;
    return new SweepResult(
        "sweep, whole replay, all cores",
        wallSeconds,
        cpuSeconds,
        (double) fleet.samples() * formulas.size(),
        scores.stream()
            .map(score ->
                new Total(orZero(score.overPromiseGibHours()), orZero(score.slackGibHours()), 0))
            .toList());
  }

  private static void resetPeaks() {
    ManagementFactory.getMemoryPoolMXBeans().forEach(MemoryPoolMXBean::resetPeakUsage);
  }

  private static double peakHeapBytes() {
    return ManagementFactory.getMemoryPoolMXBeans().stream()
        .filter(pool -> pool.getType() == MemoryType.HEAP)
        .mapToLong(pool -> pool.getPeakUsage().getUsed())
        .sum();
  }

  private static long cpuNs() {
    return ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class).getProcessCpuTime();
  }
}
