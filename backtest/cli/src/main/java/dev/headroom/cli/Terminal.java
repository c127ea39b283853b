package dev.headroom.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.function.Function;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/**
 * Where a command's words go: results to standard output, talk to standard error.
 *
 * @param out results
 * @param err talk
 * @param outIsTerminal whether a person reads the results; a pipe gets Markdown instead of a table
 * @param errIsTerminal whether a person watches; only then is there a progress bar
 */
public record Terminal(
    PrintWriter out, PrintWriter err, boolean outIsTerminal, boolean errIsTerminal) {

  /** The process's own streams. */
  public static Terminal ofProcess() {
    return new Terminal(
        new PrintWriter(System.out, true, UTF_8),
        new PrintWriter(System.err, true, UTF_8),
        isTerminal(1),
        isTerminal(2));
  }

  /** Prints results, ending the line if they do not. */
  public void print(String results) {
    out.print(results.endsWith("\n") ? results : results + System.lineSeparator());
    out.flush();
  }

  /** Says something to the person who started the command. */
  public void say(String line) {
    err.println(line);
  }

  /**
   * Does work that reports its progress, with a bar on a terminal and in silence otherwise.
   *
   * @param task what the bar is called
   * @param unit what it counts
   * @param total how many there are
   * @param work is given the function to call after each step
   * @return what the work gave
   */
  public <T> T withProgress(String task, String unit, long total, Function<Runnable, T> work) {
    if (!errIsTerminal) {
      return work.apply(() -> {});
    }
    try (ProgressBar bar =
        new ProgressBarBuilder()
            .setTaskName(task)
            .setUnit(" " + unit, 1)
            .setInitialMax(total)
            .setStyle(ProgressBarStyle.ASCII)
            .setConsumer(new ConsoleProgressBarConsumer(System.err))
            .build()) {
      return work.apply(bar::step);
    }
  }

  // System.console() tells only of both streams together; the descriptor's target tells each one.
  private static boolean isTerminal(int descriptor) {
    try {
      String target = Path.of("/proc/self/fd/" + descriptor).toRealPath().toString();
      return target.startsWith("/dev/pts/")
          || target.startsWith("/dev/tty")
          || target.equals("/dev/console");
    } catch (IOException unreadable) {
      return false;
    }
  }
}
