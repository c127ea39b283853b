package dev.headroom.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import dev.headroom.cli.Terminal;
import java.io.PrintWriter;
import java.io.StringWriter;

/**
 * What one command did, run inside this JVM.
 *
 * @param exitCode its exit code
 * @param out what it wrote to standard output
 * @param err what it wrote to standard error
 */
record CommandRun(int exitCode, String out, String err) {

  /** Runs a command whose output nobody watches, as in a pipe. */
  static CommandRun piped(String... args) {
    return run(false, args);
  }

  /** Runs a command whose results a person reads. */
  static CommandRun onTerminal(String... args) {
    return run(true, args);
  }

  /** Fails unless the command ended with this code, without a trace of Java. */
  CommandRun exits(int expected) {
    assertThat(exitCode).as("exit code; stdout: %s; stderr: %s", out, err).isEqualTo(expected);
    assertThat(out + err).doesNotContain("\tat ", "Exception", "this should not have happened");
    return this;
  }

  private static CommandRun run(boolean outIsTerminal, String... args) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    int exitCode =
        Headroom.run(
            new Terminal(
                new PrintWriter(out, true), new PrintWriter(err, true), outIsTerminal, false),
            args);
    return new CommandRun(exitCode, out.toString(), err.toString());
  }
}
