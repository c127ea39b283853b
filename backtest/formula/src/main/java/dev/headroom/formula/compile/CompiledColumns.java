package dev.headroom.formula.compile;

import dev.headroom.formula.ColumnEvaluator;
import dev.headroom.formula.compile.Schedule.Step;
import dev.headroom.formula.interpret.ColumnInterpreter;
import dev.headroom.formula.window.Window;
import java.util.List;

/** Runs a kernel block by block, feeding the windows between its loops. */
public final class CompiledColumns implements ColumnEvaluator {

  /** Samples in one go: what a few scratch columns of them take fits the cache nearest the core. */
  static final int BLOCK = 1_024;

  private final Kernel kernel;
  private final List<Step> steps;
  private final double[] pool;
  private final Window[] windows;
  private final double[][] scratch;
  private final int inputs;
  private final int block;
  private boolean observed;
  private long lastNs;

  /**
   * @param block how many samples at most are evaluated in one go; limits do not depend on it
   */
  CompiledColumns(Graph graph, Schedule schedule, Kernel kernel, int inputs, int block) {
    this.kernel = kernel;
    this.steps = schedule.steps();
    this.pool = graph.pool().stream().mapToDouble(Double::doubleValue).toArray();
    this.windows =
        graph.windows().stream().map(past -> past.planned().newWindow()).toArray(Window[]::new);
    this.scratch = new double[schedule.scratchColumns()][block];
    this.inputs = inputs;
    this.block = block;
  }

  @Override
  public void evaluate(long[] timesNs, double[][] columns, int from, int to, double[] limits) {
    ColumnInterpreter.requireRange(timesNs, columns, inputs, from, to, limits);
    if (windows.length > 0) {
      requireOrder(timesNs, from, to);
    }
    for (int start = from; start < to; start += block) {
      evaluateBlock(timesNs, columns, start, Math.min(start + block, to), limits);
    }
  }

  private void evaluateBlock(
      long[] timesNs, double[][] columns, int from, int to, double[] limits) {
    for (Step step : steps) {
      switch (step) {
        case Step.RunLoop(int loop) -> kernel.run(loop, columns, scratch, pool, from, to, limits);
        case Step.FeedScratch(int window, int values, int results) ->
            windows[window].observeAll(timesNs, from, to, scratch[values], from, scratch[results]);
        case Step.FeedInput(int window, int input, int results) ->
            windows[window].observeAll(timesNs, from, to, columns[input], 0, scratch[results]);
      }
    }
  }

  private void requireOrder(long[] timesNs, int from, int to) {
    for (int sample = from; sample < to; sample++) {
      if (observed && timesNs[sample] < lastNs) {
        throw new IllegalArgumentException(
            "the sample at %d ns comes after the one at %d ns".formatted(timesNs[sample], lastNs));
      }
      observed = true;
      lastNs = timesNs[sample];
    }
  }
}
