package dev.headroom.launcher;

import dev.headroom.cli.ExitCode;
import dev.headroom.cli.Terminal;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.ToIntFunction;

/**
 * Work that undoes what it made, also when the process is asked to end in the middle of it (Ctrl-C,
 * SIGTERM): its thread is interrupted, and the process waits until it has unwound.
 *
 * <p>The order in which things are undone is therefore always the order of the work's own {@code
 * try} statements.
 */
final class OrderlyEnd {

  /** More than a collector's last rows and a database's stop are given. */
  private static final Duration PATIENCE = Duration.ofMinutes(4);

  private final Thread worker = Thread.currentThread();
  private final CountDownLatch unwound = new CountDownLatch(1);
  private int undoing;
  private boolean asked;

  private OrderlyEnd() {}

  /**
   * Does the work on this thread.
   *
   * @param work gives an exit code; whatever it throws once the process was asked to end is taken
   *     for the end
   * @return the work's exit code, or {@link ExitCode#CANCELLED}
   */
  static int of(Terminal terminal, ToIntFunction<OrderlyEnd> work) {
    OrderlyEnd end = new OrderlyEnd();
    Thread hook = new Thread(() -> end.askAndWait(terminal), "orderly-end");
    Runtime.getRuntime().addShutdownHook(hook);
    try {
      return work.applyAsInt(end);
    } catch (RuntimeException e) {
      if (!end.isAsked()) {
        throw e;
      }
      terminal.say("everything was stopped and taken back");
      return ExitCode.CANCELLED;
    } finally {
      end.unwound.countDown();
      try {
        Runtime.getRuntime().removeShutdownHook(hook);
      } catch (IllegalStateException e) {
        // The process is ending, and the hook has nothing left to wait for.
      }
    }
  }

  /** Whether the process was asked to end. */
  synchronized boolean isAsked() {
    return asked;
  }

  /** Undoes something on the work's thread: the interrupt that asks for it does not cut it off. */
  void undo(Runnable work) {
    boolean interrupted = beginUndoing();
    try {
      work.run();
    } finally {
      endUndoing(interrupted);
    }
  }

  /** The same at the end of a {@code try} statement. */
  Undo atEnd(Runnable work) {
    return () -> undo(work);
  }

  /** Something that is undone when it is closed. */
  @FunctionalInterface
  interface Undo extends AutoCloseable {
    @Override
    void close();
  }

  private synchronized boolean beginUndoing() {
    undoing++;
    return Thread.interrupted();
  }

  private synchronized void endUndoing(boolean interrupted) {
    undoing--;
    if (interrupted || asked) {
      worker.interrupt();
    }
  }

  private void askAndWait(Terminal terminal) {
    ask();
    terminal.say("told to end: stopping and taking back what was made");
    try {
      if (!unwound.await(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)) {
        terminal.say("not everything was taken back within " + PATIENCE.toSeconds() + " s");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private synchronized void ask() {
    asked = true;
    if (undoing == 0) {
      worker.interrupt();
    }
  }
}
