package dev.headroom.collector.capture;

import dev.headroom.collector.capture.OomRecord.Detail;
import dev.headroom.collector.ffm.BpfMap;
import dev.headroom.collector.ffm.BpfRing;
import dev.headroom.collector.ffm.LibC;
import dev.headroom.collector.postgres.ElfSymbols;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/**
 * OOM kills from the pinned BPF programs. A record is given back to the ring only after its event
 * was handled, so a collector that dies at any moment reads it again; what was read from the victim
 * itself is joined before.
 */
final class BpfOomSource implements OomSource {

  /** A record that was looked at. */
  private sealed interface Looked {
    /** The ring's position after it, which also names it. */
    long end();

    record Kill(long end, KernelOomEvent event) implements Looked {}

    record Told(long end, Detail detail) implements Looked {
      boolean isOf(KernelOomEvent kill) {
        return detail.pid() == kill.victim().pid()
            && Long.valueOf(detail.startBoottimeNs()).equals(kill.victim().startBoottimeNs());
      }
    }
  }

  private static final Duration LOOK_AGAIN = Duration.ofMillis(5);
  private static final int KILLS_LOST = 0;
  private static final String QUERY_SYMBOL = "debug_query_string";
  private static final String STATUS_SYMBOL = "MyBEEntry";

  private final BpfPins pins;
  private final CaptureOptions options;
  private final UUID bootId;
  private final BpfRing ring;
  private final BpfMap counters;
  private final long pageBytes = LibC.pageBytes();
  private final Deque<Looked> looked = new ArrayDeque<>();
  private final Set<Long> done = new HashSet<>();

  private BpfOomSource(
      BpfPins pins, CaptureOptions options, UUID bootId, BpfRing ring, BpfMap counters) {
    this.pins = pins;
    this.options = options;
    this.bootId = bootId;
    this.ring = ring;
    this.counters = counters;
  }

  /**
   * Opens what is pinned under the capture's name, or loads and pins it.
   *
   * @throws IOException when this machine cannot run these programs; the message says why
   */
  static BpfOomSource open(OomSourceKind kind, CaptureOptions options, UUID bootId)
      throws IOException {
    BpfPins pins = BpfPins.open(kind, options);
    try {
      BpfRing ring = BpfRing.open(pins.path("records"), OomRecord.RING_BYTES);
      try {
        return new BpfOomSource(pins, options, bootId, ring, BpfMap.open(pins.path("counters")));
      } catch (IOException e) {
        ring.close();
        throw e;
      }
    } catch (IOException e) {
      // What runs already may hold a backlog.
      pins.close(pins.reopened());
      throw e;
    }
  }

  @Override
  public OomSourceKind kind() {
    return pins.kind();
  }

  @Override
  public String describe() {
    String told =
        kind() == OomSourceKind.TP_BTF
            ? "both processes, both cgroups, memory by type, title and statement"
            : "the tracepoint's fields and the invoker, no cgroup";
    return "BPF programs pinned in %s (%s): %s"
        .formatted(pins.path(""), pins.reopened() ? "found running" : "newly loaded", told);
  }

  @Override
  public int poll(Duration timeout, OomEventHandler handler) throws IOException {
    long deadlineNs = System.nanoTime() + timeout.toNanos();
    while (true) {
      look();
      int handled = deliver(handler);
      long leftNs = deadlineNs - System.nanoTime();
      if (handled > 0 || leftNs <= 0) {
        return handled;
      }
      if (looked.isEmpty()) {
        ring.await(Duration.ofNanos(leftNs));
      } else {
        // Records that wait for their detail keep the ring readable, so it cannot be waited on.
        Pause.of(Math.min(leftNs, LOOK_AGAIN.toNanos()));
      }
    }
  }

  private void look() throws IOException {
    for (Optional<BpfRing.Entry> next = ring.next(); next.isPresent(); next = ring.next()) {
      MemorySegment bytes = next.get().bytes();
      long end = next.get().end();
      switch (OomRecord.type(bytes)) {
        case OomRecord.TYPE_KILL ->
            looked.add(new Looked.Kill(end, OomRecord.kill(bytes, bootId, kind(), pageBytes)));
        case OomRecord.TYPE_DETAIL -> looked.add(new Looked.Told(end, OomRecord.detail(bytes)));
        default ->
            throw new IOException(
                "%s holds a record of unknown type %d: it was written by another version; delete %s"
                    .formatted(pins.path("records"), OomRecord.type(bytes), pins.path("")));
      }
    }
  }

  /**
   * Hands over kills in order, each when its detail has come or need not be waited for any longer.
   */
  private int deliver(OomEventHandler handler) throws IOException {
    int handled = 0;
    try {
      for (Looked entry : looked) {
        if (!(entry instanceof Looked.Kill(long end, KernelOomEvent kill)) || done.contains(end)) {
          continue;
        }
        Optional<Looked.Told> told = findDetail(kill);
        if (told.isEmpty() && mayStillGetDetail(kill)) {
          break;
        }
        handler.handle(told.map(Looked.Told::detail).map(kill::withDetail).orElse(kill));
        handled++;
        done.add(end);
        told.ifPresent(joined -> done.add(joined.end()));
      }
    } finally {
      giveBack();
    }
    return handled;
  }

  private Optional<Looked.Told> findDetail(KernelOomEvent kill) {
    return looked.stream()
        .filter(Looked.Told.class::isInstance)
        .map(Looked.Told.class::cast)
        .filter(told -> !done.contains(told.end()) && told.isOf(kill))
        .findFirst();
  }

  private boolean mayStillGetDetail(KernelOomEvent kill) {
    return kind() == OomSourceKind.TP_BTF && !kill.isPhantom() && isFresh(kill.boottimeNs());
  }

  private boolean isFresh(long boottimeNs) {
    return LibC.boottimeNs() - boottimeNs < options.detailWait().toNanos();
  }

  /** Gives back the records up to the first that is still wanted. */
  private void giveBack() {
    while (!looked.isEmpty()) {
      Looked first = looked.getFirst();
      boolean unclaimed = first instanceof Looked.Told told && isUnclaimed(told);
      if (!done.remove(first.end()) && !unclaimed) {
        return;
      }
      looked.removeFirst();
      ring.consumeTo(first.end());
    }
  }

  /** The kernel kills for other reasons too, and no event of ours follows those. */
  private boolean isUnclaimed(Looked.Told told) {
    return !isFresh(told.detail().boottimeNs())
        && looked.stream()
            .noneMatch(entry -> entry instanceof Looked.Kill kill && told.isOf(kill.event()));
  }

  @Override
  public long lostCount() throws IOException {
    return counters.getLong(KILLS_LOST);
  }

  @Override
  public boolean registerPostmaster(long pid) throws IOException {
    if (kind() != OomSourceKind.TP_BTF) {
      return false;
    }
    ElfSymbols symbols = ElfSymbols.read(Path.of("/proc", Long.toString(pid), "exe"));
    Optional<Long> address = symbols.findAddress(QUERY_SYMBOL, pid);
    if (address.isEmpty()) {
      return false;
    }
    long statusAddress = symbols.findAddress(STATUS_SYMBOL, pid).orElse(0L);
    try (BpfMap postmasters = BpfMap.open(pins.path("postmasters"))) {
      postmasters.put(Math.toIntExact(pid), startTicks(pid), address.get(), statusAddress);
    }
    return true;
  }

  private static long startTicks(long pid) throws IOException {
    String stat = Files.readString(Path.of("/proc", Long.toString(pid), "stat"));
    // The name in parentheses may itself hold spaces and parentheses; field 22 is the 20th after
    // it.
    return Long.parseLong(stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1)[19]);
  }

  @Override
  public void close() throws IOException {
    ring.close();
    counters.close();
    pins.close(options.keepRecording());
  }
}
