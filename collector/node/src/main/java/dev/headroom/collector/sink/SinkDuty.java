package dev.headroom.collector.sink;

import dev.headroom.collector.duty.Duty;
import dev.headroom.collector.spool.ObservationCodec;
import dev.headroom.collector.spool.Spool;
import dev.headroom.model.CollectorEvent;
import dev.headroom.model.Decision;
import dev.headroom.model.GuardEvent;
import dev.headroom.model.Instance;
import dev.headroom.model.InstanceEvent;
import dev.headroom.model.Node;
import dev.headroom.model.Observation;
import dev.headroom.model.OomKill;
import dev.headroom.model.Sample;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;

/**
 * Moves what is in the spool to the sink, batch by batch; a batch leaves the spool after it is
 * stored. What the sink refuses for ever goes to a file of its own and is reported.
 */
public final class SinkDuty implements Duty {

  private static final int BATCH_RECORDS = 2000;
  private static final long BATCH_BYTES = 8 << 20;
  private static final Duration IDLE_WAIT = Duration.ofMillis(200);

  /** Who wants to know how storing goes. */
  public interface Listener {
    /**
     * A batch is stored.
     *
     * @param oldest the earliest time of an observation in it
     */
    void stored(int count, Optional<Instant> oldest);

    /** An observation was refused for ever, or could not be read back. */
    void rejected(String reason);

    /** The sink is away. */
    void unavailable(IOException reason);
  }

  private final Spool spool;
  private final ObservationSink sink;
  private final Path rejectedFile;
  private final Listener listener;
  private final Backoff backoff;
  private final ObservationCodec codec = new ObservationCodec();

  /**
   * @param rejectedFile where refused observations are kept, one JSON line each
   */
  public SinkDuty(
      Spool spool,
      ObservationSink sink,
      Path rejectedFile,
      Listener listener,
      RandomGenerator random) {
    this.spool = spool;
    this.sink = sink;
    this.rejectedFile = rejectedFile;
    this.listener = listener;
    this.backoff = new Backoff(random);
  }

  @Override
  public String name() {
    return "sink";
  }

  @Override
  public Duration doWork() throws IOException {
    Spool.Batch batch = spool.read(BATCH_RECORDS, BATCH_BYTES, this::keepUnreadable);
    if (batch.isEmpty()) {
      return IDLE_WAIT;
    }
    try {
      for (ObservationSink.Rejection rejection : sink.store(batch.observations())) {
        keep(codec.encode(rejection.observation()), rejection.reason());
      }
    } catch (IOException away) {
      listener.unavailable(away);
      return backoff.failed();
    }
    backoff.succeeded();
    spool.advance(batch);
    listener.stored(batch.observations().size(), oldest(batch.observations()));
    return spool.isDrained() ? IDLE_WAIT : Duration.ZERO;
  }

  private void keepUnreadable(byte[] record, IOException reason) {
    try {
      keep(record, String.valueOf(reason.getMessage()));
    } catch (IOException full) {
      listener.rejected(full + " while setting aside a record: " + reason.getMessage());
    }
  }

  private void keep(byte[] json, String reason) throws IOException {
    try (OutputStream out =
        Files.newOutputStream(rejectedFile, StandardOpenOption.CREATE, StandardOpenOption.APPEND)) {
      out.write(json);
      out.write("\n".getBytes(StandardCharsets.US_ASCII));
    }
    listener.rejected(reason);
  }

  private static Optional<Instant> oldest(List<Observation> observations) {
    return observations.stream().map(SinkDuty::timeOf).min(Comparator.naturalOrder());
  }

  private static Instant timeOf(Observation observation) {
    return switch (observation) {
      case Node node -> node.observedAt();
      case Instance instance -> instance.observedAt();
      case Sample sample -> sample.sampledAt();
      case OomKill kill -> kill.killedAt();
      case InstanceEvent event -> event.occurredAt();
      case CollectorEvent event -> event.occurredAt();
      case GuardEvent event -> event.occurredAt();
      case Decision decision -> decision.decidedAt();
    };
  }
}
