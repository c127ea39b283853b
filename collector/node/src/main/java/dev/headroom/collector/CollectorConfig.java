package dev.headroom.collector;

import dev.headroom.collector.autotune.GuardPlan;
import dev.headroom.collector.autotune.LimitDamping;
import dev.headroom.collector.capture.CaptureOptions;
import dev.headroom.collector.flag.FlagOptions;
import dev.headroom.collector.sampling.Cadence;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.function.Consumer;
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
 * @param guard what all guards are told, whatever flags say; absent for none of that
 * @param flags what says what each guard is told; absent, with no {@code guard} either, to leave
 *     them as they are
 * @param hold how long a guard goes on under what was last decided when nothing new can be
 * @param damping what keeps limits from trembling
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
    @Nullable Integer metricsPort,
    @Nullable GuardPlan guard,
    @Nullable FlagOptions flags,
    Duration hold,
    LimitDamping damping) {

  /** A database may be away for so long before its guards are let go. */
  public static final Duration DEFAULT_HOLD = Duration.ofMinutes(15);

  private static final long DEFAULT_SPOOL_BYTES = 1L << 30;

  public CollectorConfig {
    if (node.isBlank()) {
      throw new IllegalArgumentException("the node needs a name that is not blank");
    }
    if (metricsPort != null && (metricsPort < 0 || metricsPort > 65535)) {
      throw new IllegalArgumentException("no port for metrics: " + metricsPort);
    }
    if (guard != null && flags != null) {
      throw new IllegalArgumentException(
          "guards follow a plan or flags, not both: leave one of them out");
    }
    if (!hold.isPositive()) {
      throw new IllegalArgumentException("what was decided last holds for longer than " + hold);
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
        null,
        null,
        null,
        DEFAULT_HOLD,
        LimitDamping.NONE);
  }

  public CollectorConfig withNode(String name) {
    return changed(draft -> draft.node = name);
  }

  public CollectorConfig withInstances(InstanceSelection selection) {
    return changed(draft -> draft.instances = selection);
  }

  public CollectorConfig withDatabaseUrl(@Nullable String url) {
    return changed(draft -> draft.databaseUrl = url);
  }

  public CollectorConfig withCapture(@Nullable CaptureOptions options) {
    return changed(draft -> draft.capture = options);
  }

  public CollectorConfig withCadence(Cadence changed) {
    return changed(draft -> draft.cadence = changed);
  }

  public CollectorConfig withMaxSpoolBytes(long bytes) {
    return changed(draft -> draft.maxSpoolBytes = bytes);
  }

  public CollectorConfig withKeepQueryText(boolean keep) {
    return changed(draft -> draft.keepQueryText = keep);
  }

  public CollectorConfig withMetricsPort(@Nullable Integer port) {
    return changed(draft -> draft.metricsPort = port);
  }

  public CollectorConfig withGuard(@Nullable GuardPlan plan) {
    return changed(draft -> draft.guard = plan);
  }

  public CollectorConfig withFlags(@Nullable FlagOptions options) {
    return changed(draft -> draft.flags = options);
  }

  public CollectorConfig withHold(Duration bound) {
    return changed(draft -> draft.hold = bound);
  }

  public CollectorConfig withDamping(LimitDamping damping) {
    return changed(draft -> draft.damping = damping);
  }

  private CollectorConfig changed(Consumer<Draft> change) {
    Draft draft = new Draft(this);
    change.accept(draft);
    return draft.toConfig();
  }

  /** The one place that copies every component. */
  private static final class Draft {
    private String node;
    private final Path stateDirectory;
    private InstanceSelection instances;
    private @Nullable String databaseUrl;
    private @Nullable CaptureOptions capture;
    private Cadence cadence;
    private long maxSpoolBytes;
    private boolean keepQueryText;
    private @Nullable Integer metricsPort;
    private @Nullable GuardPlan guard;
    private @Nullable FlagOptions flags;
    private Duration hold;
    private LimitDamping damping;

    Draft(CollectorConfig config) {
      node = config.node;
      stateDirectory = config.stateDirectory;
      instances = config.instances;
      databaseUrl = config.databaseUrl;
      capture = config.capture;
      cadence = config.cadence;
      maxSpoolBytes = config.maxSpoolBytes;
      keepQueryText = config.keepQueryText;
      metricsPort = config.metricsPort;
      guard = config.guard;
      flags = config.flags;
      hold = config.hold;
      damping = config.damping;
    }

    CollectorConfig toConfig() {
      return new CollectorConfig(
          node,
          stateDirectory,
          instances,
          databaseUrl,
          capture,
          cadence,
          maxSpoolBytes,
          keepQueryText,
          metricsPort,
          guard,
          flags,
          hold,
          damping);
    }
  }

  private static String hostName() {
    try {
      return InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException nameless) {
      return "localhost";
    }
  }
}
