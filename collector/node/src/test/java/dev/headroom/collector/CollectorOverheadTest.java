package dev.headroom.collector;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.OperatingSystemMXBean;
import dev.headroom.collector.cgroup.MemoryHierarchy;
import dev.headroom.collector.ffm.LibC;
import dev.headroom.collector.guard.GuardLink;
import dev.headroom.collector.kernel.EventClock;
import dev.headroom.collector.postgres.Postmaster;
import dev.headroom.collector.postgres.PostmasterDiscovery;
import dev.headroom.collector.proc.ProcFs;
import dev.headroom.collector.sampling.InstanceSampler;
import dev.headroom.collector.sampling.ProcessCache;
import dev.headroom.model.CgroupVersion;
import dev.headroom.model.InstanceId;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.sql.Connection;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Measures what one sample of a server with fifty connections costs, and prints it. */
class CollectorOverheadTest {

  private static final int CONNECTIONS = 50;
  private static final int WARM_UP = 100;
  private static final int SAMPLES = 200;

  @TempDir private Path folder;

  /** At ten samples a second, 50 ms of CPU each would be half a core: far too much. */
  @Test
  void sampleOfFiftyConnections_costsAFractionOfItsInterval() throws Exception {
    try (PrivatePostgres postgres = PrivatePostgres.start(1L << 30, "max_connections=60")) {
      assertThat(measure("without a guard", postgres)).isBetween(0.01, 50.0);
    }
  }

  @Test
  void sampleOfAGuardedServer_costsAFractionOfItsInterval() throws Exception {
    try (PrivatePostgres postgres = PrivatePostgres.startGuarded(1L << 30, "max_connections=60")) {
      assertThat(measure("with a guard", postgres)).isBetween(0.01, 50.0);
    }
  }

  /** Milliseconds of CPU for one sample. */
  private double measure(String what, PrivatePostgres postgres) throws Exception {
    ProcFs proc = new ProcFs(Path.of("/proc"));
    List<Connection> connections = new ArrayList<>();
    Postmaster postmaster = postmaster(proc, postgres);
    InstanceId id = InstanceId.of("test", postgres.cgroupPath(), "/data");
    try (GuardLink guard =
        new GuardLink(id, postmaster, proc, LibC::boottimeNs, CollectorOverheadTest::fail)) {
      for (int i = 0; i < CONNECTIONS; i++) {
        connections.add(postgres.connect());
      }
      InstanceSampler sampler = sampler(id, postmaster, proc, guard);
      ProcessCache cache = new ProcessCache();
      sample(sampler, cache, WARM_UP);
      OperatingSystemMXBean system =
          Objects.requireNonNull(ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class));
      long cpuBefore = system.getProcessCpuTime();
      sample(sampler, cache, SAMPLES);
      double cpuMs = (system.getProcessCpuTime() - cpuBefore) / 1e6 / SAMPLES;

      System.out.printf(
          "one sample of %d connections %s: %.2f ms of CPU; %.1f%% of a core at 10 Hz, %.2f%% at 1 Hz%n",
          CONNECTIONS, what, cpuMs, cpuMs, cpuMs / 10);
      return cpuMs;
    } finally {
      for (Connection connection : connections) {
        connection.close();
      }
    }
  }

  private static void fail(IOException problem) {
    throw new AssertionError(problem);
  }

  private static void sample(InstanceSampler sampler, ProcessCache cache, int samples) {
    for (int i = 0; i < samples; i++) {
      InstanceSampler.Look look = sampler.sample(cache.latestOf(sampler.instanceId()));
      cache.update(look.processes(), look.sample().sampledAt());
      assertThat(look.processes()).hasSizeGreaterThan(CONNECTIONS);
    }
  }

  private static Postmaster postmaster(ProcFs proc, PrivatePostgres postgres) throws IOException {
    return new PostmasterDiscovery(proc, CgroupVersion.V1)
        .list(problem -> {}).stream()
            .filter(found -> found.pid() == postgres.pid())
            .findFirst()
            .orElseThrow();
  }

  private InstanceSampler sampler(
      InstanceId id, Postmaster postmaster, ProcFs proc, GuardLink guard) throws IOException {
    return new InstanceSampler(
        id,
        postmaster,
        MemoryHierarchy.detect(proc.root()).orElseThrow(),
        proc,
        EventClock.open(folder.resolve("clock"), "boot", System::nanoTime, Instant::now),
        guard::read,
        CollectorOverheadTest::fail);
  }
}
