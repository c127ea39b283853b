package dev.headroom.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every message that docs/diagnostics.md explains is one that the program can still print. */
final class DiagnosticsTest {

  private static final Path ROOT = RepositoryRoot.find();

  /** The first cell of a row, when it is code. */
  private static final Pattern MESSAGE = Pattern.compile("(?m)^\\| `([^`]+)` \\|");

  /** Where a text is written in several pieces, one behind the other. */
  private static final Pattern JOINT = Pattern.compile("\"\\s*\\+\\s*\"");

  private static List<String> sources = List.of();

  @BeforeAll
  static void readSources() throws IOException {
    try (Stream<Path> files = Files.walk(ROOT)) {
      List<Path> java =
          files
              .filter(file -> file.toString().endsWith(".java"))
              .filter(DiagnosticsTest::isMain)
              .toList();
      sources = java.stream().map(DiagnosticsTest::textOf).toList();
    }
  }

  static List<String> messages() throws IOException {
    return MESSAGE
        .matcher(Files.readString(ROOT.resolve("docs/diagnostics.md")))
        .results()
        .map(match -> match.group(1))
        .toList();
  }

  @ParameterizedTest
  @MethodSource("messages")
  void aMessageOfThePage_isInOneSource(String message) {
    List<String> fragments =
        Arrays.stream(message.split("…"))
            .filter(fragment -> fragment.strip().length() > 2)
            .map(String::strip)
            .toList();

    assertThat(fragments).isNotEmpty();
    assertThat(sources)
        .as("a source with all of %s", fragments)
        .anyMatch(source -> fragments.stream().allMatch(source::contains));
  }

  @Test
  void thePage_isNotEmpty_andExplainsNothingTwice() throws IOException {
    assertThat(messages()).hasSizeGreaterThan(50).doesNotHaveDuplicates();
  }

  private static boolean isMain(Path file) {
    return ROOT.relativize(file).toString().contains("/src/main/java/");
  }

  private static String textOf(Path file) {
    try {
      String joined = JOINT.matcher(Files.readString(file)).replaceAll("");
      return joined.replace("\\\"", "\"");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
