package dev.headroom.load;

import dev.headroom.model.BackendKind;
import dev.headroom.model.CgroupVersion;
import dev.headroom.model.Decision;
import dev.headroom.model.Fact;
import dev.headroom.model.Facts;
import dev.headroom.model.GuardMode;
import dev.headroom.model.Instance;
import dev.headroom.model.InstanceId;
import dev.headroom.model.MemoryLimit;
import dev.headroom.model.ProcessSample;
import dev.headroom.model.Sample;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * One instance of a made-up fleet. What it holds at a moment follows from the seed, its number and
 * the moment alone, so that any stretch of its life can be written without the one before.
 */
final class FleetMember {

  static final int ON_A_NODE = 10;

  private static final long MIB = 1L << 20;
  private static final long GIB = 1L << 30;
  private static final long PAGE = 4096;
  private static final double DAY_S = Duration.ofDays(1).toSeconds();

  /** One in so many instances is watched closely. */
  private static final int CLOSELY_ONE_IN = 100;

  /** One in so many nodes has a collector that stopped some time ago. */
  private static final int LATE_ONE_IN = 20;

  private static final int PROCESSES = 12;

  private final FleetPlan plan;
  private final int number;
  private final Instance instance;
  private final long memoryMax;
  private final long shmem;
  private final double phaseS;

  FleetMember(FleetPlan plan, int number, Instant now) {
    this.plan = plan;
    this.number = number;
    String node = nodeName(number / ON_A_NODE);
    String cgroup = "/kubepods/pod-%04d/postgres".formatted(number);
    instance =
        new Instance(
            InstanceId.of(node, cgroup, "/var/lib/postgresql/data"),
            node,
            cgroup,
            CgroupVersion.V2,
            "/var/lib/postgresql/data",
            5432,
            number % 3 == 0 ? "16.10" : "17.6",
            Map.of("cluster", "c-%04d".formatted(number / 3), "tier", "tier-" + number % 4),
            now);
    SplittableRandom random = new SplittableRandom(plan.seed() * 31 + number);
    memoryMax = GIB << random.nextInt(6);
    shmem = pages(memoryMax * (0.2 + 0.1 * random.nextDouble()));
    phaseS = random.nextDouble() * DAY_S;
  }

  static String nodeName(int node) {
    return "node-%03d".formatted(node);
  }

  Instance instance() {
    return instance;
  }

  InstanceId id() {
    return instance.id();
  }

  int number() {
    return number;
  }

  long memoryMax() {
    return memoryMax;
  }

  /** What its guard does; a third of the fleet has none. */
  GuardMode mode() {
    return switch (number % 3) {
      case 0 -> GuardMode.OFF;
      case 1 -> GuardMode.SHADOW;
      default -> GuardMode.ENFORCE;
    };
  }

  boolean hasGuard() {
    return mode() != GuardMode.OFF;
  }

  /** Whether it is sampled far more often than the plan says. */
  boolean isWatchedClosely() {
    return number % CLOSELY_ONE_IN == 1;
  }

  /** How long ago its collector was heard last; zero when it is on time. */
  Duration silentFor() {
    int node = number / ON_A_NODE;
    return node % LATE_ONE_IN == LATE_ONE_IN - 1
        ? Duration.ofMinutes(20L * (node + 1))
        : Duration.ZERO;
  }

  /** How many kills a day it has on average: a few instances have most of them. */
  double killsPerDay() {
    return 30.0 / (number + 10);
  }

  /** A generator for what happens on one day; the same for the same day. */
  SplittableRandom day(long epochDay) {
    return new SplittableRandom(mix(plan.seed() ^ mix(number) ^ mix(epochDay * 7919)));
  }

  /** The share of what queries could have that they hold at this moment. */
  private double share(Instant at) {
    double wave = Math.sin(2 * Math.PI * (at.getEpochSecond() + phaseS) / DAY_S);
    double noise = (mix(plan.seed() ^ mix(number) ^ at.toEpochMilli()) >>> 11) * 0x1.0p-53;
    return Math.clamp(0.35 + 0.2 * wave + 0.3 * noise * noise, 0, 1);
  }

  private long held(Instant at) {
    return pages((memoryMax - shmem) * 0.7 * share(at));
  }

  long limit() {
    return memoryMax - shmem - 200 * MIB;
  }

  /**
   * The sample of a moment.
   *
   * @param wait until the next one is meant to be made
   * @param kills that its cgroup has counted
   * @param withProcesses whether each process is part of it
   */
  Sample sample(Instant at, Duration wait, long kills, boolean withProcesses) {
    long anon = held(at);
    long file = pages((memoryMax - shmem - anon) * 0.6);
    long pageTables = pages(memoryMax * 0.004);
    long slab = pages(memoryMax * 0.01);
    long seconds = at.getEpochSecond();
    Facts.Builder facts =
        Facts.builder()
            .set(Fact.MEMORY_CURRENT, anon + file + shmem + pageTables + slab)
            .set(Fact.MEMORY_PEAK, memoryMax)
            .set(Fact.ANON, anon)
            .set(Fact.FILE, file + shmem)
            .set(Fact.FILE_MAPPED, shmem)
            .set(Fact.ACTIVE_FILE, file / 2)
            .set(Fact.INACTIVE_FILE, file / 2)
            .set(Fact.SHMEM, shmem)
            .set(Fact.PAGE_TABLES, pageTables)
            .set(Fact.KERNEL_STACK, 16 * 1024L * 60)
            .set(Fact.PERCPU, 2 * MIB)
            .set(Fact.SOCK, seconds % 97 * PAGE)
            .set(Fact.SLAB, slab)
            .set(Fact.SLAB_RECLAIMABLE, slab / 2)
            .set(Fact.SLAB_UNRECLAIMABLE, slab - slab / 2)
            .set(Fact.KERNEL, pageTables + slab + 3 * MIB)
            .set(Fact.UNEVICTABLE, 0)
            .set(Fact.PRESSURE_SOME, seconds % 10_000_000 * 1_000)
            .set(Fact.PRESSURE_FULL, seconds % 10_000_000 * 400)
            .set(Fact.OOM_KILLS, kills)
            .set(Fact.OOM_GROUP_KILLS, 0)
            .set(Fact.LIMIT_HITS, kills)
            .set(Fact.SHARED_BUFFERS, pages(memoryMax / 4.0))
            .set(Fact.SHARED_MEMORY, pages(memoryMax * 0.26))
            .set(Fact.MAX_CONNECTIONS, 200)
            .set(Fact.SAMPLING_WAIT, wait.toNanos() / 1_000);
    if (hasGuard()) {
      facts
          .set(Fact.GUARD_ALLOCATED, anon)
          .set(Fact.GUARD_ALLOCATED_PEAK, pages(anon * 1.1))
          .set(Fact.GUARD_LIMIT, limit());
    }
    return new Sample(
        id(),
        at,
        MemoryLimit.ofBytes(memoryMax),
        facts.build(),
        withProcesses ? processes(anon, seconds) : List.of());
  }

  private List<ProcessSample> processes(long anon, long seconds) {
    List<ProcessSample> processes = new ArrayList<>();
    for (int i = 0; i < PROCESSES; i++) {
      // Each holds half of what the ones before it left.
      long held = pages(anon * Math.pow(0.5, i + 1.0));
      boolean active = i < PROCESSES / 2;
      processes.add(
          new ProcessSample(
              1_000 + i,
              100,
              10 + i,
              BackendKind.CLIENT_BACKEND,
              true,
              "app",
              "app",
              active ? seconds / 60 : null,
              active ? 7_000L + i : null,
              null,
              held,
              40 * MIB,
              shmem / PROCESSES,
              2 * MIB,
              0L,
              0,
              hasGuard() ? held : null,
              hasGuard() ? pages(held * 1.1) : null));
    }
    return processes;
  }

  /** A decision of each policy; the first is in force where the guard enforces. */
  List<Decision> decisions(Instant at, List<String> policyIds) {
    List<Decision> decisions = new ArrayList<>();
    Map<String, Double> inputs =
        Map.of(
            "memory_max",
            (double) memoryMax,
            "shmem",
            (double) shmem,
            "page_tables",
            memoryMax * 0.004,
            "max_connections",
            200.0);
    for (int i = 0; i < policyIds.size(); i++) {
      GuardMode mode = i == 0 ? mode() : GuardMode.SHADOW;
      decisions.add(
          new Decision(
              id(),
              at,
              policyIds.get(i),
              limit() - i * 64L * MIB - held(at) / 50,
              mode,
              mode == GuardMode.ENFORCE,
              null,
              inputs,
              2_000L,
              null,
              null));
    }
    return decisions;
  }

  static long pages(double bytes) {
    long whole = (long) (bytes / PAGE);
    return whole * PAGE;
  }

  /** SplitMix64's finalizer: near numbers become far ones. */
  private static long mix(long value) {
    long mixed = (value ^ (value >>> 30)) * 0xbf58476d1ce4e5b9L;
    mixed = (mixed ^ (mixed >>> 27)) * 0x94d049bb133111ebL;
    return mixed ^ (mixed >>> 31);
  }
}
