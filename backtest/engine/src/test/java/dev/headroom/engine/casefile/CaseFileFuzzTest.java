package dev.headroom.engine.casefile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Case files that somebody damaged: each is read and run, or refused with its place. The long form
 * is {@code -Dheadroom.fuzz.cases=10000}; {@code -Dheadroom.seed} repeats a run.
 */
@Timeout(value = 20, unit = TimeUnit.MINUTES)
final class CaseFileFuzzTest {

  private static final int MUTANTS = Integer.getInteger("headroom.fuzz.cases", 1500);
  private static final Pattern PLACE = Pattern.compile("(?s)file:\\d+:\\d+: .+");
  private static final Pattern CASE = Pattern.compile("(?m)^(?=- case:)");
  private static final List<String> PIECES =
      List.of(
          "null",
          "-1",
          "0",
          "99999999999",
          "1e9",
          "NaN",
          "1TiB",
          "106751d",
          "0.5",
          "true",
          "[",
          "]",
          "{",
          "}",
          ":",
          ",",
          "-",
          "&a",
          "*a",
          "!!str",
          "|",
          ">-",
          "\"",
          "'",
          "#",
          "\t",
          "\u0000",
          "\uD800",
          "é",
          "max",
          "never",
          "client backend",
          "2s",
          "1ns");

  @Test
  void everyMutant_isRun_orRefusedWithItsPlace() throws IOException, URISyntaxException {
    long seed = Long.getLong("headroom.seed", new Random().nextLong());
    Random random = new Random(seed);
    List<String> cases = singleCases();
    int refused = 0;
    for (int i = 0; i < MUTANTS; i++) {
      String mutant = mutate(cases, random);
      try {
        CaseFile.parse("file", mutant).forEach(CaseRunner::run);
      } catch (CaseFileException e) {
        refused++;
        assertThat(e.getMessage()).as("seed %d, mutant %d:%n%s", seed, i, mutant).matches(PLACE);
      } catch (RuntimeException | StackOverflowError | OutOfMemoryError e) {
        throw new AssertionError("seed %d, mutant %d:%n%s".formatted(seed, i, mutant), e);
      }
    }
    assertThat(refused).as("seed %d", seed).isBetween(MUTANTS / 20, MUTANTS * 19 / 20);
  }

  @Test
  void endlessNesting_isRefused_notFollowed() {
    for (String opening : List.of("[", "{a: ", "- ", "? ")) {
      assertThatThrownBy(() -> CaseFile.parse("file", opening.repeat(200_000)))
          .as(opening)
          .isInstanceOf(CaseFileException.class)
          .hasMessageMatching(PLACE);
    }
  }

  @Test
  void numbersThatNoMachineHolds_areRefused() {
    String text =
        "- {case: c, instance: {memory_max: 1GiB}, step: %s, samples: %s, policy: {formula: \"1MiB\"}, expect: {missed: 0}}";

    assertThatThrownBy(() -> CaseFile.parse("file", text.formatted("1s", "2000000000")))
        .hasMessage("file:1:62: at most 100000 samples are read, not 2000000000");
    assertThatThrownBy(() -> CaseFile.parse("file", text.formatted("106751d", "5")))
        .hasMessage("file:1:49: 5 samples of this step last longer than a century");
  }

  /** Every case as a file of its own: damage stays small. */
  private static List<String> singleCases() throws IOException, URISyntaxException {
    Path folder =
        Path.of(Objects.requireNonNull(CaseFileFuzzTest.class.getResource("/cases")).toURI());
    List<String> cases = new ArrayList<>();
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.sorted().toList()) {
        CASE.splitAsStream(read(file))
            .filter(text -> text.startsWith("- case:"))
            .forEach(cases::add);
      }
    }
    return cases;
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String mutate(List<String> cases, Random random) {
    StringBuilder text = new StringBuilder(cases.get(random.nextInt(cases.size())));
    int changes = 1 + random.nextInt(3);
    for (int i = 0; i < changes; i++) {
      int from = random.nextInt(text.length());
      int to = Math.min(text.length(), from + 1 + random.nextInt(12));
      String piece = PIECES.get(random.nextInt(PIECES.size()));
      switch (random.nextInt(6)) {
        case 0 -> text.delete(from, to);
        case 1 -> text.insert(from, piece);
        case 2 -> replaceNumber(text, from, piece);
        case 3 -> text.insert(from, text.substring(from, to));
        case 4 -> text.setCharAt(from, (char) (' ' + random.nextInt(95)));
        default -> text.insert(from, other(cases, random));
      }
      if (text.isEmpty()) {
        text.append('-');
      }
    }
    return text.toString();
  }

  private static void replaceNumber(StringBuilder text, int from, String piece) {
    for (int i = from; i < text.length(); i++) {
      if (Character.isDigit(text.charAt(i))) {
        int end = i;
        while (end < text.length() && Character.isLetterOrDigit(text.charAt(end))) {
          end++;
        }
        text.replace(i, end, piece);
        return;
      }
    }
  }

  private static String other(List<String> cases, Random random) {
    List<String> lines = cases.get(random.nextInt(cases.size())).lines().toList();
    return lines.get(random.nextInt(lines.size())) + "\n";
  }
}
