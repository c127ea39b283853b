package dev.headroom.collector.capture;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;

/**
 * A collector that does nothing but write down the kills, durably, so that a test can kill it.
 * Lines are {@code kill KEY PID} and {@code cursor TEXT}. It ends cleanly when its standard input
 * does.
 */
final class CaptureChild {

  private CaptureChild() {}

  public static void main(String[] arguments) throws IOException {
    Path journal = Path.of(arguments[2]);
    String cursor =
        Files.readAllLines(journal).stream()
            .filter(line -> line.startsWith("cursor "))
            .reduce((earlier, later) -> later)
            .map(line -> line.substring("cursor ".length()))
            .orElse(null);
    CaptureOptions options =
        new CaptureOptions(
            "death",
            Path.of(arguments[1]),
            OomSourceKind.of(arguments[0]),
            cursor,
            false,
            Duration.ofMillis(500));
    try (OomSource source = OomSources.open(options).source()) {
      writeCursor(journal, source);
      System.out.println("capturing");
      while (System.in.available() == 0) {
        source.poll(
            Duration.ofMillis(20),
            event -> write(journal, "kill %s %d".formatted(event.key(), event.victim().pid())));
        writeCursor(journal, source);
      }
    }
  }

  private static void writeCursor(Path journal, OomSource source) throws IOException {
    if (source.findCursor().isPresent()) {
      write(journal, "cursor " + source.findCursor().get());
    }
  }

  private static void write(Path journal, String line) throws IOException {
    Files.writeString(journal, line + "\n", StandardOpenOption.APPEND, StandardOpenOption.SYNC);
  }
}
