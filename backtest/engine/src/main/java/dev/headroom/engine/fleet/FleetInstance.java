package dev.headroom.engine.fleet;

import dev.headroom.engine.recording.InstanceLoader;
import dev.headroom.model.BackendKind;
import dev.headroom.model.Fact;
import dev.headroom.model.Instance;
import dev.headroom.model.MemoryLimit;
import dev.headroom.model.OomKill;
import dev.headroom.model.OomProcess;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.UUID;

/**
 * One instance of a made-up fleet, moment by moment. Clients run statements whose memory grows to
 * what statements of the lab held, as a share of the lab's limit; when all of them together do not
 * fit, the kernel kills the largest, Postgres restarts, and every process is a new one.
 */
final class FleetInstance {

  private static final long MIB = 1L << 20;
  private static final long PAGE = 4096;
  private static final double LAB_MIB = 256;
  private static final int OUTAGE_STEPS = 5;

  /** How many steps a statement takes, on average; the lab's take about as many samples. */
  private static final double STATEMENT_STEPS = 8;

  /**
   * Statements of the lab are there to kill. Those of a fleet are smaller by this factor, but for
   * one in {@link #HEAVY_ONE_IN}.
   */
  private static final double CALM = 0.3;

  private static final double HEAVY = 1.5;
  private static final int HEAVY_ONE_IN = 500;

  private static final int TIME = 0;
  private static final int MEMORY_MAX = InstanceLoader.samplePosition("memory_max_bytes");
  private static final int UNLIMITED = InstanceLoader.samplePosition("memory_max_unlimited");
  private static final int CURRENT = position(Fact.MEMORY_CURRENT);
  private static final int ANON = position(Fact.ANON);
  private static final int SHMEM = position(Fact.SHMEM);
  private static final int PAGE_TABLES = position(Fact.PAGE_TABLES);
  private static final int KERNEL_STACK = position(Fact.KERNEL_STACK);
  private static final int SLAB = position(Fact.SLAB_UNRECLAIMABLE);
  private static final int SOCK = position(Fact.SOCK);
  private static final int OOM_KILLS = position(Fact.OOM_KILLS);
  private static final int SHARED_BUFFERS = position(Fact.SHARED_BUFFERS);
  private static final int MAX_CONNECTIONS = position(Fact.MAX_CONNECTIONS);
  private static final int ALLOCATED = position(Fact.GUARD_ALLOCATED);
  private static final int ALLOCATED_PEAK = position(Fact.GUARD_ALLOCATED_PEAK);
  private static final int WAIT = position(Fact.SAMPLING_WAIT);
  private static final int PID = InstanceLoader.processPosition("pid");
  private static final int START = InstanceLoader.processPosition("start_ticks");
  private static final int KIND = InstanceLoader.processPosition("backend_kind");
  private static final int BLOCKABLE = InstanceLoader.processPosition("blockable");
  private static final int DATABASE = InstanceLoader.processPosition("database_name");
  private static final int USER = InstanceLoader.processPosition("user_name");
  private static final int STATEMENT = InstanceLoader.processPosition("statement_number");
  private static final int FINGERPRINT = InstanceLoader.processPosition("query_fingerprint");
  private static final int RESIDENT = InstanceLoader.processPosition("resident_anon_bytes");
  private static final int GUARDED = InstanceLoader.processPosition("guard_allocated_bytes");
  private static final int PEAK = InstanceLoader.processPosition("guard_allocated_peak_bytes");

  /** One client backend. */
  private static final class Client {
    int pid;
    long startTicks;
    long idleBytes;
    long heldBytes;
    long peakBytes;
    long targetBytes;
    long statement;
    int stepsLeft;
  }

  private final FleetSpec spec;
  private final SplittableRandom random;
  private final List<Client> clients = new ArrayList<>();
  private final long memoryMax;
  private final long shmem;
  private final long pageTables;
  private final long[] sample = new long[InstanceLoader.sampleFields()];
  private final long[] process = new long[InstanceLoader.processFields()];
  private long samplePresent;
  private int nextPid = 100;
  private int downFor;
  private long kills;
  private long floor;

  FleetInstance(FleetSpec spec, long seed) {
    this.spec = spec;
    random = new SplittableRandom(seed);
    memoryMax = (long) (LabQuantiles.MEMORY_MAX_MIB.draw(random) * MIB);
    shmem = pages(LabQuantiles.SHMEM_SHARE.draw(random) * memoryMax);
    pageTables = pages(LabQuantiles.PAGE_TABLES_SHARE.draw(random) * memoryMax);
    start(0);
  }

  private void start(int step) {
    clients.clear();
    for (int i = 0; i < spec.clients(); i++) {
      Client client = new Client();
      client.pid = nextPid++;
      client.startTicks = 100L * step;
      client.idleBytes = pages(LabQuantiles.IDLE_MIB.draw(random) * MIB);
      client.heldBytes = client.idleBytes;
      client.peakBytes = client.idleBytes;
      clients.add(client);
    }
  }

  /** What happens at one step. */
  sealed interface Happening {
    /** Nothing but a sample. */
    record Quiet() implements Happening {}

    /** A kill just before the sample would have been made; no sample is. */
    record Kill(OomKill row) implements Happening {}

    /** Postgres is ready again. */
    record Ready() implements Happening {}

    /** The instance is down; no sample is made. */
    record Down() implements Happening {}
  }

  private static final Happening QUIET = new Happening.Quiet();
  private static final Happening DOWN = new Happening.Down();
  private static final Happening READY = new Happening.Ready();

  /** Goes on to the next step. */
  Happening step(int step, Instance instance) {
    if (downFor > 0) {
      downFor--;
      if (downFor > 0) {
        return DOWN;
      }
      start(step);
      return READY;
    }
    floor = shmem + pageTables + pages(random.nextDouble() * 2 * MIB);
    long held = 0;
    Client largest = clients.getFirst();
    for (Client client : clients) {
      advance(client);
      held += client.heldBytes;
      if (client.heldBytes > largest.heldBytes) {
        largest = client;
      }
    }
    if (held + floor > memoryMax) {
      kills++;
      downFor = OUTAGE_STEPS;
      return new Happening.Kill(kill(step, largest, held, instance));
    }
    return QUIET;
  }

  private void advance(Client client) {
    long before = client.heldBytes;
    if (client.stepsLeft == 0) {
      double starts =
          LabQuantiles.ACTIVE_SHARE / ((1 - LabQuantiles.ACTIVE_SHARE) * STATEMENT_STEPS);
      client.heldBytes = client.idleBytes;
      if (random.nextDouble() < starts) {
        client.statement++;
        client.stepsLeft = 1 + (int) (-Math.log(1 - random.nextDouble()) * STATEMENT_STEPS);
        double size = spec.kills() && random.nextInt(HEAVY_ONE_IN) == 0 ? HEAVY : CALM;
        double share = LabQuantiles.ACTIVE_MIB.draw(random) / LAB_MIB;
        client.targetBytes = client.idleBytes + pages(size * share * memoryMax);
      }
    } else {
      client.heldBytes +=
          pages((double) (client.targetBytes - client.heldBytes) / client.stepsLeft);
      client.stepsLeft--;
    }
    client.peakBytes =
        Math.max(before, client.heldBytes) + pages(random.nextDouble() * random.nextDouble() * MIB);
  }

  private OomKill kill(int step, Client victim, long held, Instance instance) {
    Instant at = at(step);
    UUID id = new UUID(random.nextLong(), random.nextLong());
    OomProcess process =
        new OomProcess(
            victim.pid,
            null,
            "postgres",
            null,
            BackendKind.CLIENT_BACKEND,
            "app",
            "app",
            null,
            null,
            null);
    return new OomKill(
        id,
        id,
        instance.node(),
        instance.id(),
        at,
        spec.step().toNanos() * step,
        "made up",
        process,
        null,
        "CONSTRAINT_MEMCG",
        instance.cgroupPath(),
        instance.cgroupPath(),
        MemoryLimit.ofBytes(memoryMax),
        memoryMax,
        null,
        victim.heldBytes,
        null,
        null,
        null,
        0,
        victim.heldBytes,
        held,
        false,
        true,
        victim.statement,
        null);
  }

  Instant at(int step) {
    return FleetSpec.START.plus(spec.step().multipliedBy(step));
  }

  private long micros(int step) {
    return FleetSpec.START.getEpochSecond() * 1_000_000L + spec.step().toNanos() / 1_000 * step;
  }

  /** Hands the sample of this step to a loader. */
  void sampleTo(InstanceLoader loader, int step) {
    samplePresent = 0;
    long held = 0;
    long peak = 0;
    for (Client client : clients) {
      held += client.heldBytes;
      peak += client.peakBytes;
    }
    set(TIME, micros(step));
    set(MEMORY_MAX, memoryMax);
    set(UNLIMITED, 0);
    set(CURRENT, held + floor);
    set(ANON, held);
    set(SHMEM, shmem);
    set(PAGE_TABLES, pageTables);
    set(KERNEL_STACK, 16 * 1024L * clients.size());
    set(SLAB, floor - shmem - pageTables);
    set(SOCK, 0);
    set(OOM_KILLS, kills);
    set(SHARED_BUFFERS, pages(memoryMax / 4.0));
    set(MAX_CONNECTIONS, 100);
    set(ALLOCATED, held);
    set(ALLOCATED_PEAK, peak);
    set(WAIT, spec.step().toNanos() / 1_000);
    loader.sample(sample, samplePresent);
  }

  private void set(int position, long value) {
    sample[position] = value;
    samplePresent |= 1L << position;
  }

  /** Hands the processes of this step to a loader. */
  void processesTo(InstanceLoader loader, int step) {
    for (Client client : clients) {
      process[0] = micros(step);
      process[PID] = client.pid;
      process[START] = client.startTicks;
      process[KIND] = loader.text(BackendKind.CLIENT_BACKEND.description());
      process[BLOCKABLE] = 1;
      process[DATABASE] = loader.text("app");
      process[USER] = loader.text("app");
      process[STATEMENT] = client.statement;
      process[FINGERPRINT] = client.statement % 50;
      process[RESIDENT] = client.heldBytes;
      process[GUARDED] = client.heldBytes;
      process[PEAK] = client.peakBytes;
      long present =
          1L
              | bit(PID)
              | bit(START)
              | bit(KIND)
              | bit(BLOCKABLE)
              | bit(DATABASE)
              | bit(USER)
              | bit(RESIDENT)
              | bit(GUARDED)
              | bit(PEAK);
      if (client.stepsLeft > 0) {
        present |= bit(STATEMENT) | bit(FINGERPRINT);
      }
      loader.process(process, present);
    }
  }

  private static long bit(int position) {
    return 1L << position;
  }

  private static long pages(double bytes) {
    long whole = (long) (bytes / PAGE);
    return whole * PAGE;
  }

  private static int position(Fact fact) {
    return InstanceLoader.samplePosition(fact.columnName());
  }
}
