package dev.headroom.collector.capture;

import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How to capture.
 *
 * @param name names what is left in the kernel, so that a restart finds it; one collector per name
 * @param runDirectory where to mount what is not mounted yet, and where the lock file is
 * @param forced the only source to try; absent tries all, best first
 * @param cursor where an earlier source stopped ({@link OomSource#findCursor()})
 * @param keepRecording whether {@link OomSource#close()} leaves the kernel recording
 * @param detailWait how long a kill waits for the title and query read from its victim
 */
public record CaptureOptions(
    String name,
    Path runDirectory,
    @Nullable OomSourceKind forced,
    @Nullable String cursor,
    boolean keepRecording,
    Duration detailWait) {

  public CaptureOptions {
    if (!name.matches("[a-z0-9_]{1,40}")) {
      throw new IllegalArgumentException(
          "capture name '%s': must be 1 to 40 of a-z, 0-9 and _, because it names kernel objects"
              .formatted(name));
    }
  }

  /** The node's own capture: all sources, recording stops with a clean close. */
  public static CaptureOptions defaults() {
    return new CaptureOptions(
        "headroom", Path.of("/run/headroom"), null, null, false, Duration.ofSeconds(2));
  }

  public CaptureOptions withName(String name) {
    return new CaptureOptions(name, runDirectory, forced, cursor, keepRecording, detailWait);
  }

  public CaptureOptions withForced(@Nullable OomSourceKind forced) {
    return new CaptureOptions(name, runDirectory, forced, cursor, keepRecording, detailWait);
  }

  public CaptureOptions withCursor(@Nullable String cursor) {
    return new CaptureOptions(name, runDirectory, forced, cursor, keepRecording, detailWait);
  }

  public CaptureOptions withKeepRecording(boolean keepRecording) {
    return new CaptureOptions(name, runDirectory, forced, cursor, keepRecording, detailWait);
  }
}
