package dev.headroom.engine.backtest;

import dev.headroom.engine.recording.RandomRecording;
import dev.headroom.formula.FormulaLibrary;
import dev.headroom.model.InstanceRecording;
import dev.headroom.model.Policy;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Measures replaying every formula of the library and the reference policies over ten minutes of
 * the lab, as {@code docs/recordings.md} has it; {@code docs/replay.md} has the figures.
 */
public final class ReplayBenchmark {

  private static final int ROUNDS = 10;

  private ReplayBenchmark() {}

  /** Prints a line for each round; the first includes the start of the JVM's compiler. */
  public static void main(String[] arguments) {
    List<InstanceRecording> lab = RandomRecording.lab(1, 14, 2400, 12, 250_000);
    List<Candidate> candidates =
        FormulaLibrary.list().stream()
            .map(formula -> Candidate.parse(Policy.of(formula.name(), formula.text())))
            .toList();
    ThreadMXBean threads = ManagementFactory.getThreadMXBean();
    for (int round = 0; round < ROUNDS; round++) {
      long start = System.nanoTime();
      long startCpu = threads.getCurrentThreadCpuTime();
      BacktestResult result =
          Backtest.run(
              new RecordingSource("lab", "made up", lab),
              candidates,
              BacktestConfig.DEFAULT,
              ProgressListener.NONE);
      System.out.printf(
          "%d policies, %d kills: %d ms, %d ms of them on the CPU%n",
          result.policies().size(),
          result.kills().size(),
          TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start),
          TimeUnit.NANOSECONDS.toMillis(threads.getCurrentThreadCpuTime() - startCpu));
    }
  }
}
