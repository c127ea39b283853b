package dev.headroom.notebook;

import org.rapaio.jupyter.kernel.MainApp;
import org.rapaio.jupyter.kernel.channels.LoopThread;

/**
 * Starts the kernel, and ends it at once when it cannot work.
 *
 * <p>The kernel listens before it has its handlers: a request that comes in between ends the thread
 * that reads requests, and the kernel is silent for ever. Jupyter starts a dead kernel again, but
 * not a silent one.
 */
public final class Kernel {

  private static final int DEAF = 1;

  private Kernel() {}

  /** Takes the connection file, as Jupyter gives it. */
  public static void main(String[] args) throws Exception {
    Thread.setDefaultUncaughtExceptionHandler((thread, failure) -> {
      failure.printStackTrace();
      if (thread instanceof LoopThread) {
        Runtime.getRuntime().halt(DEAF);
      }
    });
    MainApp.main(args);
  }
}
