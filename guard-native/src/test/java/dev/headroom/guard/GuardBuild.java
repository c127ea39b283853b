package dev.headroom.guard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** What make left under {@code target}, and how its programs are run. */
final class GuardBuild {

  static final Path DIRECTORY = Path.of("target").toAbsolutePath();
  static final Path LIBRARY = DIRECTORY.resolve("libheadroom_guard.so");

  /** A program that lacks something on this machine exits with this status. */
  static final int SKIPPED = 77;

  private static final long MINUTES_TO_RUN = 10;

  /**
   * How a program ended.
   *
   * @param status its exit status; 128 and more when a signal ended it
   * @param output what it wrote to stdout and stderr
   */
  record Ended(int status, String output) {}

  private GuardBuild() {}

  /** Skips the calling test where the guard could not be built. */
  static void assumeBuilt() {
    assumeTrue(
        Files.exists(LIBRARY),
        () -> LIBRARY + " is not there: this machine has no C compiler, or the build said why");
  }

  /** The test programs whose names begin with a prefix, sorted. */
  static List<Path> listPrograms(String prefix) throws IOException {
    Path folder = DIRECTORY.resolve("test");
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .filter(file -> Files.isRegularFile(file) && Files.isExecutable(file))
          .filter(file -> file.getFileName().toString().startsWith(prefix))
          .sorted()
          .toList();
    }
  }

  /** Runs a command in the module's folder to its end. */
  static Ended run(List<String> command, Map<String, String> environment)
      throws IOException, InterruptedException {
    Path output = Files.createTempFile("headroom-guard", ".out");
    try {
      ProcessBuilder builder =
          new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile());
      builder.environment().keySet().removeAll(List.of("MALLOC_CONF", "LD_PRELOAD"));
      builder.environment().putAll(environment);
      Process process = builder.start();
      try {
        assertThat(process.waitFor(MINUTES_TO_RUN, TimeUnit.MINUTES))
            .as("%s ends within %d minutes", command, MINUTES_TO_RUN)
            .isTrue();
      } finally {
        process.destroyForcibly();
      }
      return new Ended(process.exitValue(), Files.readString(output, StandardCharsets.UTF_8));
    } finally {
      Files.deleteIfExists(output);
    }
  }

  /** Whether the dynamic linker finds jemalloc under the name that users preload. */
  static boolean hasJemalloc() throws IOException, InterruptedException {
    return run(List.of("sh", "-c", "ldconfig -p 2>/dev/null || /sbin/ldconfig -p"), Map.of())
        .output()
        .contains("libjemalloc.so.2");
  }
}
