package dev.headroom.collector.guard;

import dev.headroom.collector.kernel.BootClock;
import dev.headroom.collector.postgres.Postmaster;
import dev.headroom.collector.proc.ProcFs;
import dev.headroom.model.InstanceId;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The way to the guard of one running server, if it has one. A guard that cannot be used is told
 * and looked at again later; the server is watched without it meanwhile. Safe for several threads.
 */
public final class GuardLink implements Closeable {

  /** A guard is there before its server accepts connections: within this time of its discovery. */
  private static final Duration YOUTH = Duration.ofSeconds(10);

  private static final Duration LOOK_AGAIN = Duration.ofSeconds(1);

  private static final Duration LOOK_AGAIN_AFTER_REFUSAL = Duration.ofSeconds(10);

  private final InstanceId instanceId;
  private final Postmaster postmaster;
  private final ProcFs proc;
  private final BootClock clock;
  private final Consumer<IOException> problems;
  private @Nullable GuardSegment segment;
  private final long madeAtNs;
  private long lookAgainAtNs;
  private boolean closed;

  /**
   * @param problems is told why a guard cannot be used
   */
  public GuardLink(
      InstanceId instanceId,
      Postmaster postmaster,
      ProcFs proc,
      BootClock clock,
      Consumer<IOException> problems) {
    this.instanceId = instanceId;
    this.postmaster = postmaster;
    this.proc = proc;
    this.clock = clock;
    this.problems = problems;
    this.madeAtNs = clock.boottimeNs();
    this.lookAgainAtNs = madeAtNs;
  }

  public InstanceId instanceId() {
    return instanceId;
  }

  /** Whether there is a guard that can be used. */
  public synchronized boolean isOpen() {
    return segment != null;
  }

  /** What the guard says now; nothing where there is none. Watermarks start anew. */
  public synchronized GuardReading read() {
    return use(GuardSegment::read).orElse(GuardReading.NONE);
  }

  /**
   * Tells the guard what to do, and whether there is one that was told.
   *
   * @throws IOException when there is one that could not be told
   */
  public synchronized boolean push(GuardOrder order) throws IOException {
    Optional<GuardSegment> open = find();
    if (open.isEmpty()) {
      return false;
    }
    open.get().push(order);
    return true;
  }

  /** What the slot of a process that was killed last said; as {@link Slots#findVictim}. */
  public synchronized Optional<VictimAccount> findVictim(
      int namespacePid, @Nullable Long startTicks, long killedBoottimeNs) {
    return use(open -> open.findVictim(namespacePid, startTicks, killedBoottimeNs))
        .flatMap(found -> found);
  }

  /** Tells the guard's segment from any other of this boot; empty where there is none. */
  synchronized Optional<Long> findCreatedBoottimeNs() {
    return use(GuardSegment::createdBoottimeNs);
  }

  /** Events that were not read yet; empty where there is no guard. */
  synchronized Optional<EventRing.Batch> readEvents(long from, int atMost) {
    return use(open -> open.readEvents(from, atMost));
  }

  private interface Use<T> {
    T of(GuardSegment segment) throws IOException;
  }

  private <T> Optional<T> use(Use<T> use) {
    Optional<GuardSegment> open = find();
    if (open.isEmpty()) {
      return Optional.empty();
    }
    try {
      return Optional.of(use.of(open.get()));
    } catch (IOException refused) {
      open.get().close();
      segment = null;
      refuse(refused);
      return Optional.empty();
    }
  }

  private Optional<GuardSegment> find() {
    GuardSegment open = segment;
    if (open != null) {
      return Optional.of(open);
    }
    long now = clock.boottimeNs();
    if (closed || now < lookAgainAtNs) {
      return Optional.empty();
    }
    boolean young = now < madeAtNs + YOUTH.toNanos();
    lookAgainAtNs = young ? now : now + LOOK_AGAIN.toNanos();
    try {
      for (Path file : proc.listDescriptors(postmaster.pid(), SegmentLayout.LINK_TARGET)) {
        Optional<GuardSegment> found = GuardSegment.open(file, clock);
        if (found.isPresent()) {
          segment = checked(found.get());
          return found;
        }
      }
    } catch (AccessDeniedException denied) {
      refuse(
          new IOException(
              "%s may not be read; run the collector as root or with CAP_SYS_PTRACE"
                  .formatted(denied.getFile()),
              denied));
    } catch (IOException refused) {
      refuse(refused);
    }
    return Optional.empty();
  }

  private void refuse(IOException problem) {
    lookAgainAtNs = clock.boottimeNs() + LOOK_AGAIN_AFTER_REFUSAL.toNanos();
    problems.accept(
        new IOException(
            "the guard of the Postgres in %s is not used: %s"
                .formatted(postmaster.dataDirectory(), problem.getMessage()),
            problem));
  }

  /** A segment that was handed on by another program is not this server's. */
  private GuardSegment checked(GuardSegment found) throws GuardRefusedException {
    if (found.postmasterNamespacePid() == postmaster.namespacePid()
        && found.postmasterStartTicks() == postmaster.key().startTicks()) {
      return found;
    }
    int pid = found.postmasterNamespacePid();
    found.close();
    throw new GuardRefusedException(
        "its segment is that of another process (%d started at tick %d is expected, %d found)"
            .formatted(postmaster.namespacePid(), postmaster.key().startTicks(), pid));
  }

  @Override
  public synchronized void close() {
    closed = true;
    if (segment != null) {
      segment.close();
      segment = null;
    }
  }
}
