package dev.headroom.collector.capture;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.stream.Collectors;

/** Opens the best source of OOM kills this machine has. */
public final class OomSources {

  private static final Path BOOT_ID = Path.of("/proc/sys/kernel/random/boot_id");

  /** A better source and why it was not taken. */
  public record Refusal(OomSourceKind kind, String reason) {
    @Override
    public String toString() {
      return kind.label() + ": " + reason;
    }
  }

  /** The source that was taken, and the better ones that were not. */
  public record Choice(OomSource source, List<Refusal> refusals) {
    public Choice {
      refusals = List.copyOf(refusals);
    }

    /** In words: what was taken, and why nothing better. */
    public String describe() {
      String taken =
          "capturing OOM kills by %s: %s".formatted(source.kind().label(), source.describe());
      return refusals.isEmpty()
          ? taken
          : taken
              + "; not by "
              + refusals.stream().map(Refusal::toString).collect(Collectors.joining("; not by "));
    }
  }

  private OomSources() {}

  /**
   * Opens the forced source, or the best that works; it records from then on.
   *
   * @throws IOException when none works; the message has the reason of each
   */
  public static Choice open(CaptureOptions options) throws IOException {
    UUID bootId = UUID.fromString(Files.readString(BOOT_ID).strip());
    List<Refusal> refusals = new ArrayList<>();
    OomSourceKind forced = options.forced();
    List<OomSourceKind> kinds = forced == null ? List.of(OomSourceKind.values()) : List.of(forced);
    for (OomSourceKind kind : kinds) {
      try {
        return new Choice(open(kind, options, bootId), refusals);
      } catch (IOException | UnsupportedOperationException e) {
        refusals.add(new Refusal(kind, reason(e)));
      }
    }
    throw new IOException(
        "OOM kills cannot be captured: "
            + refusals.stream().map(Refusal::toString).collect(Collectors.joining("; ")));
  }

  private static OomSource open(OomSourceKind kind, CaptureOptions options, UUID bootId)
      throws IOException {
    return switch (kind) {
      case TP_BTF, TRACEPOINT -> BpfOomSource.open(kind, options, bootId);
      case TRACEFS -> TracefsOomSource.open(options, bootId);
      case KMSG -> KmsgOomSource.open(options, bootId);
    };
  }

  /** The message of a file system's exception is only the path. */
  private static String reason(Exception e) {
    return e instanceof FileSystemException || e.getMessage() == null
        ? e.toString()
        : e.getMessage();
  }
}
