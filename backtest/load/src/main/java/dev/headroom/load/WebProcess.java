package dev.headroom.load;

import com.sun.tools.attach.AttachNotSupportedException;
import com.sun.tools.attach.VirtualMachine;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryMXBean;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import javax.management.MBeanServerConnection;
import javax.management.remote.JMXConnector;
import javax.management.remote.JMXConnectorFactory;
import javax.management.remote.JMXServiceURL;

/** {@code headroom web} as a process of its own, with the JVM options it always has. */
final class WebProcess implements AutoCloseable {

  private static final Duration STOPS_WITHIN = Duration.ofSeconds(20);

  /**
   * What the process holds.
   *
   * @param heapBytes objects that are left after a full collection
   * @param residentBytes VmRSS just before that
   */
  record Memory(long heapBytes, long residentBytes) {}

  private final Process process;
  private final String url;
  private final JMXConnector management;
  private final MemoryMXBean memory;

  private WebProcess(Process process, String url, JMXConnector management) throws IOException {
    this.process = process;
    this.url = url;
    this.management = management;
    MBeanServerConnection beans = management.getMBeanServerConnection();
    memory =
        ManagementFactory.newPlatformMXBeanProxy(
            beans, ManagementFactory.MEMORY_MXBEAN_NAME, MemoryMXBean.class);
  }

  /**
   * Starts it on a free port and waits until it serves.
   *
   * @param launcher the command {@code headroom}
   * @param databaseUrl what it takes as {@code HEADROOM_DB_URL}
   * @param home what it takes as {@code HEADROOM_HOME}
   * @param log takes what it says
   */
  static WebProcess start(Path launcher, String databaseUrl, Path home, Path log) {
    ProcessBuilder command =
        new ProcessBuilder(List.of(launcher.toString(), "web", "--port", "0", "--tokens"))
            .redirectError(log.toFile());
    command
        .environment()
        .putAll(Map.of("HEADROOM_DB_URL", databaseUrl, "HEADROOM_HOME", home.toString()));
    try {
      Process process = command.start();
      try {
        BufferedReader out = process.inputReader();
        String url = out.readLine();
        if (url == null) {
          throw new IllegalStateException("headroom web did not start; it said: " + read(log));
        }
        return new WebProcess(process, url, manage(process.pid()));
      } catch (IOException | RuntimeException e) {
        process.destroyForcibly();
        throw e;
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  // The address comes from the process that was started here.
  @SuppressWarnings("BanJNDI")
  private static JMXConnector manage(long pid) throws IOException {
    try {
      VirtualMachine machine = VirtualMachine.attach(String.valueOf(pid));
      try {
        return JMXConnectorFactory.connect(new JMXServiceURL(machine.startLocalManagementAgent()));
      } finally {
        machine.detach();
      }
    } catch (AttachNotSupportedException e) {
      throw new IOException("cannot look into the web process " + pid, e);
    }
  }

  private static String read(Path log) throws IOException {
    return Files.exists(log) ? Files.readString(log).strip() : "nothing";
  }

  String url() {
    return url;
  }

  /** Collects garbage in it, twice, and says what is left. */
  Memory memory() {
    try {
      long resident =
          Files.readAllLines(Path.of("/proc", String.valueOf(process.pid()), "status")).stream()
              .filter(line -> line.startsWith("VmRSS:"))
              .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) * 1_024)
              .findFirst()
              .orElse(0);
      memory.gc();
      // What waited for a finalizer or cleaner goes with the second.
      memory.gc();
      return new Memory(memory.getHeapMemoryUsage().getUsed(), resident);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    try {
      management.close();
    } catch (IOException e) {
      // The process is about to end anyway.
    }
    process.destroy();
    try {
      if (!process.waitFor(STOPS_WITHIN.toMillis(), TimeUnit.MILLISECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
