package dev.headroom.collector.spool;

import dev.headroom.model.CollectorEvent;
import dev.headroom.model.Decision;
import dev.headroom.model.InstanceId;
import dev.headroom.model.Observation;
import dev.headroom.model.Sample;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;

/**
 * The durable local log of everything observed, in two parts.
 *
 * <p><b>Ledger</b>: what must never be lost (kills, instance events, decisions, what the collector
 * reports about itself). A record is on disk when {@link #append} returns. Part of it is allocated
 * beforehand for a full disk, and only a full reserve is an error.
 *
 * <p><b>Samples</b>: bounded; on disk within a second ({@link #sync}); thinned as the bound comes
 * near and dropped beyond it or when the disk is full, each drop counted.
 */
public final class Spool implements Closeable {

  private static final int LEDGER_SEGMENT_BYTES = 1 << 20;
  private static final int LEDGER_SPARE_SEGMENTS = 4;
  private static final int LEDGER_MAX_SEGMENTS = 4096;
  private static final int SAMPLE_SEGMENT_BYTES = 8 << 20;
  private static final int MIN_SAMPLE_SEGMENTS = 2;

  /**
   * Observations read together, to be given back to {@link #advance} once they are stored.
   *
   * @param observations in the order in which they were appended, per part
   * @param unreadable how many records could not be decoded
   */
  public record Batch(
      List<Observation> observations,
      int unreadable,
      LogPosition ledgerEnd,
      LogPosition samplesEnd) {

    public boolean isEmpty() {
      return observations.isEmpty() && unreadable == 0;
    }
  }

  private final ObservationCodec codec = new ObservationCodec();
  private final SegmentLog ledger;
  private final SegmentLog samples;
  private final Map<InstanceId, Instant> lastKept = new HashMap<>();
  private final Map<InstanceId, Long> dropped = new HashMap<>();

  private Spool(SegmentLog ledger, SegmentLog samples) {
    this.ledger = ledger;
    this.samples = samples;
  }

  /**
   * Opens the spool in {@code folder}, which is made when it is not there.
   *
   * @param maxSampleBytes the bound of the samples, at least 16 MiB
   */
  public static Spool open(Path folder, long maxSampleBytes) throws IOException {
    long sampleSegments = maxSampleBytes / SAMPLE_SEGMENT_BYTES;
    if (sampleSegments < MIN_SAMPLE_SEGMENTS) {
      throw new IllegalArgumentException(
          "the spool's bound is %d bytes; it needs at least %d bytes"
              .formatted(maxSampleBytes, (long) MIN_SAMPLE_SEGMENTS * SAMPLE_SEGMENT_BYTES));
    }
    SegmentLog ledger =
        SegmentLog.open(
            folder.resolve("ledger"),
            new SegmentLog.Bounds(
                LEDGER_SEGMENT_BYTES, LEDGER_MAX_SEGMENTS, LEDGER_SPARE_SEGMENTS));
    try {
      return new Spool(
          ledger,
          SegmentLog.open(
              folder.resolve("samples"),
              new SegmentLog.Bounds(
                  SAMPLE_SEGMENT_BYTES, Math.toIntExact(Math.min(sampleSegments, 1 << 20)), 0)));
    } catch (IOException failed) {
      ledger.close();
      throw failed;
    }
  }

  /**
   * Keeps an observation. Anything but a sample or a decision is durable on return.
   *
   * @throws IOException when an observation that must not be lost cannot be kept now
   */
  public void append(Observation observation) throws IOException {
    appendAll(List.of(observation));
  }

  /**
   * Keeps observations, as {@link #append}.
   *
   * @throws IOException when one that must not be lost cannot be kept now; those before it are
   */
  public void appendAll(List<? extends Observation> observations) throws IOException {
    boolean urgent = false;
    for (Observation observation : observations) {
      if (observation instanceof Sample sample) {
        appendSample(sample);
      } else if (!isSmallTalk(observation) || ledger.spareCount() >= LEDGER_SPARE_SEGMENTS) {
        ledger.append(codec.encode(observation));
        urgent |= !(observation instanceof Decision);
      }
    }
    if (urgent) {
      ledger.sync();
    }
  }

  /** What the collector says about itself at all times must not use up the reserve for kills. */
  private static boolean isSmallTalk(Observation observation) {
    return observation instanceof CollectorEvent event
        && (event.kind() == CollectorEvent.Kind.COST || event.kind() == CollectorEvent.Kind.LAG);
  }

  private void appendSample(Sample sample) throws IOException {
    synchronized (dropped) {
      boolean kept =
          Thinning.keeps(
              samples.usedShare(), lastKept.get(sample.instanceId()), sample.sampledAt());
      if (kept) {
        try {
          samples.append(codec.encode(sample));
          lastKept.put(sample.instanceId(), sample.sampledAt());
          return;
        } catch (LogFullException full) {
          // counted below
        }
      }
      dropped.merge(sample.instanceId(), 1L, Long::sum);
    }
  }

  /** The samples given up since the last call, by instance. */
  public Map<InstanceId, Long> takeDropped() {
    synchronized (dropped) {
      Map<InstanceId, Long> taken = Map.copyOf(dropped);
      dropped.clear();
      return taken;
    }
  }

  /** Makes everything appended so far durable. */
  public void sync() throws IOException {
    ledger.sync();
    samples.sync();
  }

  /**
   * What is to be stored next, at most about so much of each part: the ledger first, because it
   * names the instances that samples belong to.
   *
   * @param unreadable is told of each record that could not be decoded, with the reason
   */
  public Batch read(int maxRecords, long maxBytes, BiConsumer<byte[], IOException> unreadable)
      throws IOException {
    SegmentLog.Batch ledgerBatch = ledger.read(maxRecords, maxBytes);
    SegmentLog.Batch sampleBatch = samples.read(maxRecords, maxBytes);
    List<byte[]> records = new ArrayList<>(ledgerBatch.records());
    records.addAll(sampleBatch.records());
    List<Observation> observations = new ArrayList<>(records.size());
    for (byte[] record : records) {
      try {
        observations.add(codec.decode(record));
      } catch (IOException malformed) {
        unreadable.accept(record, malformed);
      }
    }
    return new Batch(
        observations, records.size() - observations.size(), ledgerBatch.end(), sampleBatch.end());
  }

  /** Marks a batch as stored, durably, and gives back its disk space. */
  public void advance(Batch batch) throws IOException {
    ledger.advance(batch.ledgerEnd());
    samples.advance(batch.samplesEnd());
  }

  /** Whether everything appended has been marked as stored. */
  public boolean isDrained() {
    return ledger.isDrained() && samples.isDrained();
  }

  /** Bytes not yet marked as stored, about. */
  public long backlogBytes() {
    return ledger.backlogBytes() + samples.backlogBytes();
  }

  /** The part of the samples' bound that is in use, 0 to 1. */
  public double usedShare() {
    return samples.usedShare();
  }

  /** Bytes that were found to be no whole records and cut off; 0 when all was sound. */
  public long tornBytes() {
    return ledger.tornBytes() + samples.tornBytes();
  }

  @Override
  public void close() throws IOException {
    try (ledger;
        samples) {
      samples.sync();
    }
  }
}
