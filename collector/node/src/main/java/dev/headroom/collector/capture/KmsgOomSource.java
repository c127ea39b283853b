package dev.headroom.collector.capture;

import dev.headroom.collector.ffm.CallResult;
import dev.headroom.collector.ffm.LibC;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * OOM kills from the kernel log. Without a cursor it begins with what is logged from now on; with
 * one it goes on there, as far as the log still reaches back.
 */
final class KmsgOomSource implements OomSource {

  private static final Path LOG = Path.of("/dev/kmsg");
  private static final int RECORD_BYTES = 8192;
  private static final Duration GROUP_WAIT = Duration.ofMillis(100);

  private final int fd;
  private final UUID bootId;
  private final Arena arena = Arena.ofShared();
  private final MemorySegment buffer = arena.allocate(RECORD_BYTES);
  private final KmsgReports reports;
  private final Deque<KernelOomEvent> undelivered = new ArrayDeque<>();
  private long sequence = -1;
  private long lastRecordNs;
  private long overruns;

  private KmsgOomSource(int fd, UUID bootId) {
    this.fd = fd;
    this.bootId = bootId;
    this.reports = new KmsgReports(bootId);
  }

  static KmsgOomSource open(CaptureOptions options, UUID bootId) throws IOException {
    int fd = (int) LibC.openNonBlocking(LOG).orThrow("opening the kernel log " + LOG);
    KmsgOomSource source = new KmsgOomSource(fd, bootId);
    try {
      source.skip(options.cursor());
    } catch (IOException | RuntimeException e) {
      source.close();
      throw e;
    }
    return source;
  }

  /**
   * Leaves out what the cursor's reader had; all there is when there is no cursor, nothing when it
   * is of an earlier boot.
   */
  private void skip(@Nullable String cursor) throws IOException {
    String[] fields = cursor == null ? new String[0] : cursor.split(" ", -1);
    boolean ours = fields.length == 3 && fields[0].equals(OomSourceKind.KMSG.label());
    if (ours && !fields[1].equals(bootId.toString())) {
      return;
    }
    long last = ours ? Long.parseLong(fields[2]) : Long.MAX_VALUE;
    while (sequence < last) {
      Optional<KmsgRecord> record = read();
      if (record.isEmpty()) {
        return;
      }
      sequence = record.get().sequence();
      if (sequence > last) {
        take(record.get());
      }
    }
  }

  @Override
  public OomSourceKind kind() {
    return OomSourceKind.KMSG;
  }

  @Override
  public String describe() {
    return LOG
        + ": the victim always; invoker, limit and cgroups where the kernel did not suppress its report";
  }

  @Override
  public int poll(Duration timeout, OomEventHandler handler) throws IOException {
    long deadlineNs = System.nanoTime() + timeout.toNanos();
    while (true) {
      for (Optional<KmsgRecord> record = read(); record.isPresent(); record = read()) {
        take(record.get());
      }
      if (System.nanoTime() - lastRecordNs > GROUP_WAIT.toNanos()) {
        undelivered.addAll(reports.flush());
      }
      int handled = 0;
      while (!undelivered.isEmpty()) {
        handler.handle(undelivered.getFirst());
        undelivered.removeFirst();
        handled++;
      }
      long leftNs = deadlineNs - System.nanoTime();
      if (handled > 0 || leftNs <= 0) {
        return handled;
      }
      LibC.pollReadable(fd, Duration.ofNanos(Math.min(leftNs, GROUP_WAIT.toNanos())))
          .orThrow("waiting for " + LOG);
    }
  }

  private void take(KmsgRecord record) {
    sequence = record.sequence();
    lastRecordNs = System.nanoTime();
    undelivered.addAll(reports.add(record, LibC.boottimeNs() - LibC.monotonicNs()));
  }

  /** The next record; empty when there is none yet. */
  private Optional<KmsgRecord> read() throws IOException {
    while (true) {
      CallResult result = LibC.read(fd, buffer);
      if (!result.failed()) {
        byte[] bytes = buffer.asSlice(0, result.value()).toArray(ValueLayout.JAVA_BYTE);
        Optional<KmsgRecord> record = KmsgRecord.parse(bytes);
        if (record.isPresent()) {
          return record;
        }
      } else if (result.errno() == CallResult.EAGAIN) {
        return Optional.empty();
      } else if (result.errno() == CallResult.EPIPE) {
        // The log went round past us; the next read is at its oldest record.
        overruns++;
      } else if (result.errno() != CallResult.EINTR) {
        throw result.failure("reading the kernel log " + LOG);
      }
    }
  }

  /**
   * How often the log went round before it was read; how many kills were in the lost part is not
   * known.
   */
  @Override
  public long lostCount() {
    return overruns;
  }

  @Override
  public Optional<String> findCursor() {
    OptionalLong restart = reports.findRestart();
    long last = restart.orElse(sequence);
    return last < 0
        ? Optional.empty()
        : Optional.of("%s %s %d".formatted(OomSourceKind.KMSG.label(), bootId, last));
  }

  @Override
  public void close() {
    LibC.close(fd);
    arena.close();
  }
}
