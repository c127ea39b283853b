package dev.headroom.model;

import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * One replay of policies over a recording, as it is kept.
 *
 * @param runId names the run
 * @param kind what was done: {@link #RUN}, or the name of a search
 * @param startedAt when it was started
 * @param recordingName what was replayed; absent for an ad-hoc time range
 * @param recordingHash the content hash of what was replayed
 * @param engineVersion of the replay
 * @param manifestJson everything needed to reproduce it
 * @param resultJson what came out, byte-identical for the same manifest
 */
public record BacktestRun(
    UUID runId,
    String kind,
    Instant startedAt,
    @Nullable String recordingName,
    String recordingHash,
    String engineVersion,
    String manifestJson,
    String resultJson) {

  /** The kind of a plain replay of policies. */
  public static final String RUN = "run";
}
