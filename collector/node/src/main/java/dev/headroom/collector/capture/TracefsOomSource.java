package dev.headroom.collector.capture;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/**
 * OOM kills from the text of our own tracing instance. Reading {@code trace} takes nothing away,
 * unlike {@code trace_pipe}, so a reader that dies loses nothing: what is still in the buffer is
 * read again after a restart.
 */
final class TracefsOomSource implements OomSource {

  private static final Duration LOOK_AGAIN = Duration.ofMillis(50);
  private static final String BUFFER_KIB_PER_CPU = "256";
  private static final String MARK = "events/oom/mark_victim/enable";
  private static final String SIGNAL = "events/signal/signal_generate/enable";
  private static final String SIGNAL_FILTER = "events/signal/signal_generate/filter";
  // SIGKILL from the kernel itself (SI_KERNEL)
  private static final String KERNEL_KILLS = "sig==9 && code==128";

  /**
   * Where a reader stopped.
   *
   * @param stampNs of the last event handled
   * @param writtenCount entries the instance had written then
   */
  private record Cursor(UUID bootId, long stampNs, long writtenCount) {
    @Override
    public String toString() {
      return "tracefs %s %d %d".formatted(bootId, stampNs, writtenCount);
    }

    static Optional<Cursor> find(String text, UUID bootId) {
      String[] fields = text.split(" ", -1);
      boolean ours =
          fields.length == 4 && fields[0].equals("tracefs") && fields[1].equals(bootId.toString());
      return ours
          ? Optional.of(new Cursor(bootId, Long.parseLong(fields[2]), Long.parseLong(fields[3])))
          : Optional.empty();
    }
  }

  private final CaptureLock lock;
  private final KernelMount mount;
  private final Path instance;
  private final boolean reopened;
  private final CaptureOptions options;
  private final UUID bootId;
  private final Set<UUID> delivered = new HashSet<>();
  private Cursor cursor;
  private long lost;

  private TracefsOomSource(
      CaptureLock lock,
      KernelMount mount,
      Path instance,
      boolean reopened,
      CaptureOptions options,
      UUID bootId)
      throws IOException {
    this.lock = lock;
    this.mount = mount;
    this.instance = instance;
    this.reopened = reopened;
    this.options = options;
    this.bootId = bootId;
    TracefsText now = read();
    this.cursor =
        Optional.ofNullable(options.cursor())
            .flatMap(text -> Cursor.find(text, bootId))
            .filter(found -> reopened)
            .orElse(new Cursor(bootId, 0, now.writtenCount() - now.heldCount()));
  }

  static TracefsOomSource open(CaptureOptions options, UUID bootId) throws IOException {
    Path runDirectory = options.runDirectory().resolve(options.name());
    CaptureLock lock = CaptureLock.acquire(runDirectory);
    try {
      KernelMount mount = KernelMount.of(KernelMount.Type.TRACEFS, runDirectory);
      try {
        Path instance =
            mount.directory().resolve("instances").resolve("headroom_" + options.name());
        boolean reopened = Files.isDirectory(instance);
        if (!reopened) {
          Files.createDirectory(instance);
        }
        configure(instance);
        return new TracefsOomSource(lock, mount, instance, reopened, options, bootId);
      } catch (IOException | RuntimeException e) {
        mount.release();
        throw e;
      }
    } catch (IOException | RuntimeException e) {
      lock.close();
      throw e;
    }
  }

  /** Sets up what is not set up yet: setting the clock or the size again would empty the buffer. */
  private static void configure(Path instance) throws IOException {
    if (!Files.readString(instance.resolve("trace_clock")).contains("[boot]")) {
      Files.writeString(instance.resolve("buffer_size_kb"), BUFFER_KIB_PER_CPU);
      Files.writeString(instance.resolve("trace_clock"), "boot");
    }
    Path threadGroups = instance.resolve("options/record-tgid");
    if (Files.exists(threadGroups)) {
      Files.writeString(threadGroups, "1");
    }
    Files.writeString(instance.resolve(SIGNAL_FILTER), KERNEL_KILLS);
    for (String event : List.of(SIGNAL, MARK)) {
      if (!Files.readString(instance.resolve(event)).startsWith("1")) {
        Files.writeString(instance.resolve(event), "1");
      }
    }
  }

  @Override
  public OomSourceKind kind() {
    return OomSourceKind.TRACEFS;
  }

  @Override
  public String describe() {
    return "tracing instance %s (%s): the tracepoint's fields and the invoker, no cgroup"
        .formatted(instance, reopened ? "found running" : "newly made");
  }

  @Override
  public int poll(Duration timeout, OomEventHandler handler) throws IOException {
    long deadlineNs = System.nanoTime() + timeout.toNanos();
    while (true) {
      int handled = deliver(handler);
      long leftNs = deadlineNs - System.nanoTime();
      if (handled > 0 || leftNs <= 0) {
        return handled;
      }
      Pause.of(Math.min(leftNs, LOOK_AGAIN.toNanos()));
    }
  }

  private int deliver(OomEventHandler handler) throws IOException {
    TracefsText text = read();
    lost += Math.max(0, text.writtenCount() - text.heldCount() - cursor.writtenCount());
    int handled = 0;
    Set<UUID> held = new HashSet<>();
    for (KernelOomEvent event : text.events()) {
      held.add(event.key());
      if (event.stampNs() >= cursor.stampNs() && !delivered.contains(event.key())) {
        handler.handle(event);
        delivered.add(event.key());
        cursor = new Cursor(bootId, event.stampNs(), cursor.writtenCount());
        handled++;
      }
    }
    delivered.retainAll(held);
    cursor =
        new Cursor(bootId, cursor.stampNs(), Math.max(cursor.writtenCount(), text.writtenCount()));
    return handled;
  }

  private TracefsText read() throws IOException {
    return TracefsText.parse(
        Files.readString(instance.resolve("trace"), StandardCharsets.ISO_8859_1), bootId);
  }

  @Override
  public long lostCount() {
    return lost;
  }

  @Override
  public Optional<String> findCursor() {
    return Optional.of(cursor.toString());
  }

  @Override
  public void close() throws IOException {
    try (lock) {
      if (!options.keepRecording()) {
        Files.delete(instance);
        mount.release();
      }
    }
  }
}
