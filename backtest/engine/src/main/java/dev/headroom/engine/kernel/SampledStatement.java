package dev.headroom.engine.kernel;

import dev.headroom.model.ProcessSample;
import org.jspecify.annotations.Nullable;

/**
 * What a sample says of the statement that a process was in, beyond its number.
 *
 * @param database the process was connected to, when known
 * @param user the process was connected as, when known
 * @param queryId where the guard supplied it
 * @param queryFingerprint when known
 */
public record SampledStatement(
    @Nullable String database,
    @Nullable String user,
    @Nullable Long queryId,
    @Nullable Long queryFingerprint) {

  /** Nothing is known. */
  static final SampledStatement UNKNOWN = new SampledStatement(null, null, null, null);

  static SampledStatement of(ProcessSample process) {
    return new SampledStatement(
        process.database(), process.user(), process.queryId(), process.queryFingerprint());
  }
}
