package dev.headroom.collector.kill;

import dev.headroom.collector.capture.KernelOomEvent;
import dev.headroom.collector.capture.OomEventHandler;
import dev.headroom.collector.spool.ObservationJson;
import dev.headroom.collector.spool.SegmentLog;
import java.io.Closeable;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/**
 * The durable list of events that the kernel told and that are not yet settled: an event is on disk
 * before its source may forget it, and leaves when its row is in the spool.
 */
final class KillJournal implements OomEventHandler, Closeable {

  private static final SegmentLog.Bounds BOUNDS = new SegmentLog.Bounds(1 << 20, 64, 2);
  private static final int MAX_READ = 10_000;

  private final JsonMapper mapper = ObservationJson.mapper();
  private final SegmentLog log;

  private KillJournal(SegmentLog log) {
    this.log = log;
  }

  static KillJournal open(Path folder) throws IOException {
    return new KillJournal(SegmentLog.open(folder, BOUNDS));
  }

  /** Unsettled events, oldest first, and what settles them all. */
  record Unsettled(List<KernelOomEvent> events, SegmentLog.Batch batch) {}

  @Override
  public void handle(KernelOomEvent event) throws IOException {
    log.append(mapper.writeValueAsBytes(event));
    log.sync();
  }

  boolean isEmpty() {
    return log.isDrained();
  }

  /**
   * The events that are not settled.
   *
   * @param unreadable is told of each that cannot be read back
   */
  Unsettled read(Consumer<IOException> unreadable) throws IOException {
    SegmentLog.Batch batch = log.read(MAX_READ, Long.MAX_VALUE);
    List<KernelOomEvent> events = new ArrayList<>();
    for (byte[] record : batch.records()) {
      try {
        events.add(mapper.readValue(record, KernelOomEvent.class));
      } catch (JacksonException malformed) {
        unreadable.accept(
            new IOException(
                "a captured kill cannot be read back: "
                    + new String(record, StandardCharsets.UTF_8),
                malformed));
      }
    }
    return new Unsettled(events, batch);
  }

  /** Marks them as settled. */
  void settle(Unsettled settled) throws IOException {
    log.advance(settled.batch().end());
  }

  @Override
  public void close() throws IOException {
    log.close();
  }
}
