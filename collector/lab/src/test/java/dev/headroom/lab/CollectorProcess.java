package dev.headroom.lab;

import dev.headroom.collector.Collector;
import dev.headroom.collector.CollectorConfig;
import dev.headroom.collector.InstanceSelection;
import dev.headroom.collector.capture.CaptureOptions;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;

/** A collector in a JVM of its own, so that it can be killed. */
final class CollectorProcess {

  private CollectorProcess() {}

  /** The command that runs {@link #main}. */
  static CollectorCommand command(String node, Path state, String databaseUrl) {
    return instances ->
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "--enable-native-access=ALL-UNNAMED",
            "-XX:TieredStopAtLevel=1",
            "-Xmx128m",
            "-cp",
            System.getProperty("java.class.path"),
            CollectorProcess.class.getName(),
            node,
            state.toString(),
            databaseUrl,
            instances.toString());
  }

  public static void main(String[] args) throws Exception {
    CollectorConfig config =
        CollectorConfig.of(Path.of(args[1]))
            .withNode(args[0])
            .withDatabaseUrl(args[2])
            .withInstances(InstanceSelection.read(Path.of(args[3])))
            .withCapture(CaptureOptions.defaults().withName("lab_test"));
    Collector collector = Collector.start(config);
    Runtime.getRuntime().addShutdownHook(new Thread(() -> close(collector)));
    while (collector.findCaptureSource().isEmpty()) {
      Thread.sleep(20);
    }
    System.out.println(
        CollectorCommand.CAPTURING + " by " + collector.findCaptureSource().orElseThrow());
    Thread.sleep(Long.MAX_VALUE);
  }

  private static void close(Collector collector) {
    try {
      collector.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
