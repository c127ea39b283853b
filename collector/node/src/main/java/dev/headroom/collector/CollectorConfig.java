package dev.headroom.collector;

import dev.headroom.collector.capture.CaptureOptions;
import dev.headroom.collector.sampling.Cadence;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * How a collector is to run.
 *
 * @param node the node's name, unique in the fleet
 * @param stateDirectory where the spool and all that must outlive the process is; one collector
 *     each
 * @param instances which servers to watch
 * @param databaseUrl where to store, as pgjdbc takes it; absent to spool only
 * @param capture how to capture kills; absent to capture none
 * @param cadence how often to sample
 * @param maxSpoolBytes the bound of spooled samples; kills and events have room besides
 * @param keepQueryText whether statements may be stored; otherwise only their fingerprints are
 * @param metricsPort where to serve Prometheus metrics on loopback, 0 for any free port; absent for
 *     none
 */
public record CollectorConfig(
    String node,
    Path stateDirectory,
    InstanceSelection instances,
    @Nullable String databaseUrl,
    @Nullable CaptureOptions capture,
    Cadence cadence,
    long maxSpoolBytes,
    boolean keepQueryText,
    @Nullable Integer metricsPort) {

  private static final long DEFAULT_SPOOL_BYTES = 1L << 30;

  public CollectorConfig {
    if (node.isBlank()) {
      throw new IllegalArgumentException("the node needs a name that is not blank");
    }
    if (metricsPort != null && (metricsPort < 0 || metricsPort > 65535)) {
      throw new IllegalArgumentException("no port for metrics: " + metricsPort);
    }
  }

  /** All servers of this machine, the best source of kills, spooled only. */
  public static CollectorConfig of(Path stateDirectory) {
    return new CollectorConfig(
        hostName(),
        stateDirectory,
        InstanceSelection.discover(),
        null,
        CaptureOptions.defaults(),
        Cadence.DEFAULT,
        DEFAULT_SPOOL_BYTES,
        false,
        null);
  }

  public CollectorConfig withNode(String name) {
    return new CollectorConfig(
        name,
        stateDirectory,
        instances,
        databaseUrl,
        capture,
        cadence,
        maxSpoolBytes,
        keepQueryText,
        metricsPort);
  }

  public CollectorConfig withInstances(InstanceSelection selection) {
    return new CollectorConfig(
        node,
        stateDirectory,
        selection,
        databaseUrl,
        capture,
        cadence,
        maxSpoolBytes,
        keepQueryText,
        metricsPort);
  }

  public CollectorConfig withDatabaseUrl(@Nullable String url) {
    return new CollectorConfig(
        node,
        stateDirectory,
        instances,
        url,
        capture,
        cadence,
        maxSpoolBytes,
        keepQueryText,
        metricsPort);
  }

  public CollectorConfig withCapture(@Nullable CaptureOptions options) {
    return new CollectorConfig(
        node,
        stateDirectory,
        instances,
        databaseUrl,
        options,
        cadence,
        maxSpoolBytes,
        keepQueryText,
        metricsPort);
  }

  public CollectorConfig withCadence(Cadence changed) {
    return new CollectorConfig(
        node,
        stateDirectory,
        instances,
        databaseUrl,
        capture,
        changed,
        maxSpoolBytes,
        keepQueryText,
        metricsPort);
  }

  public CollectorConfig withMaxSpoolBytes(long bytes) {
    return new CollectorConfig(
        node,
        stateDirectory,
        instances,
        databaseUrl,
        capture,
        cadence,
        bytes,
        keepQueryText,
        metricsPort);
  }

  public CollectorConfig withKeepQueryText(boolean keep) {
    return new CollectorConfig(
        node,
        stateDirectory,
        instances,
        databaseUrl,
        capture,
        cadence,
        maxSpoolBytes,
        keep,
        metricsPort);
  }

  public CollectorConfig withMetricsPort(@Nullable Integer port) {
    return new CollectorConfig(
        node,
        stateDirectory,
        instances,
        databaseUrl,
        capture,
        cadence,
        maxSpoolBytes,
        keepQueryText,
        port);
  }

  private static String hostName() {
    try {
      return InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException nameless) {
      return "localhost";
    }
  }
}
