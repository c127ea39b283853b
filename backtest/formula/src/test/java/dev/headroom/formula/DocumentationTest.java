package dev.headroom.formula;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** The pages say what the code does: every example on them is run. */
class DocumentationTest {

  private static final Path DOCS = docs();
  private static final String LANGUAGE = read(DOCS.resolve("formula-language.md"));

  private static final Pattern RESULT = Pattern.compile("(?m)^(.+?) +-> (.+)$");
  private static final Pattern LINK = Pattern.compile("\\]\\(([^)#:]+)\\)");

  static Stream<String> examples() {
    return blocks(LANGUAGE, "formula").map(match -> match.group(1));
  }

  @ParameterizedTest
  @MethodSource("examples")
  void language_examplesParse(String text) {
    assertThat(Formula.parse(text).canonicalText()).isNotEmpty();
  }

  static Stream<MatchResult> results() {
    return blocks(LANGUAGE, "results").flatMap(block -> RESULT.matcher(block.group(1)).results());
  }

  @ParameterizedTest
  @MethodSource("results")
  void language_resultsAreWhatTheFormulaYields(MatchResult line) {
    assertThat(Formulas.evaluate(line.group(1), Map.of()))
        .as(line.group())
        .isEqualTo(Double.parseDouble(line.group(2)));
  }

  static Stream<MatchResult> errors() {
    return Pattern.compile("(?s)```formula-error\n(.*?)\n```\n```text\n(.*?)\n```")
        .matcher(LANGUAGE)
        .results();
  }

  @ParameterizedTest
  @MethodSource("errors")
  void language_errorsReadAsShown(MatchResult example) {
    assertThatThrownBy(() -> Formula.parse(example.group(1)))
        .isInstanceOf(FormulaException.class)
        .hasMessage(example.group(2));
  }

  @Test
  void language_hasAllKindsOfExamples() {
    assertThat(examples()).hasSizeGreaterThanOrEqualTo(5);
    assertThat(results()).hasSizeGreaterThanOrEqualTo(15);
    assertThat(errors()).hasSizeGreaterThanOrEqualTo(8);
    assertThat(blocks(LANGUAGE, "formula-error")).hasSameSizeAs(errors().toList());
  }

  @ParameterizedTest
  @EnumSource
  void language_tableHasEveryInput(Input input) {
    String aliases =
        input.aliases().stream().map("`%s`"::formatted).collect(Collectors.joining(" "));
    assertThat(LANGUAGE)
        .contains(
            "| `%s` | %s | %s | %s | %s | %s | %s |\n"
                .formatted(
                    input.inputName(),
                    input.dimension().name().toLowerCase(Locale.ROOT),
                    input.dimension().unit(),
                    aliases,
                    input.meaning(),
                    input.sourceV1(),
                    input.sourceV2()));
  }

  static List<LibraryFormula> library() {
    return FormulaLibrary.list();
  }

  @ParameterizedTest
  @MethodSource("library")
  void everyLibraryFormula_hasAPageWithItsText(LibraryFormula formula) {
    String page = read(DOCS.resolve("formulas").resolve(formula.name() + ".md"));
    assertThat(page).startsWith("# " + formula.name() + ": ").contains(formula.why());
    assertThat(blocks(page, "formula").map(match -> match.group(1) + "\n"))
        .containsExactly(formula.text());
    assertThat(page.lines().filter(line -> line.startsWith("## ")))
        .containsExactly(
            "## What it computes",
            "## Where it comes from",
            "## When it fits",
            "## Where it fails",
            "## How it was translated");
  }

  @Test
  void everyPage_isOfALibraryFormula() throws IOException {
    try (Stream<Path> pages = Files.list(DOCS.resolve("formulas"))) {
      assertThat(pages.map(page -> page.getFileName().toString()))
          .containsExactlyInAnyOrderElementsOf(
              library().stream().map(formula -> formula.name() + ".md").toList());
    }
  }

  @Test
  void links_leadSomewhere() throws IOException {
    try (Stream<Path> formulas = Files.list(DOCS.resolve("formulas"))) {
      Stream.concat(
              formulas,
              Stream.of(DOCS.resolve("formula-language.md"), DOCS.resolve("add-a-formula.md")))
          .forEach(page ->
              LINK.matcher(read(page))
                  .results()
                  .forEach(link -> assertThat(page.resolveSibling(link.group(1))).exists()));
    }
  }

  private static Stream<MatchResult> blocks(String page, String kind) {
    return Pattern.compile("(?s)```" + kind + "\n(.*?)\n```").matcher(page).results();
  }

  /** The docs folder beside the reactor's root pom, wherever the tests were started from. */
  private static Path docs() {
    Path folder = Path.of("").toAbsolutePath();
    while (!Files.exists(folder.resolve("docs/formula-language.md"))) {
      folder = folder.getParent();
      if (folder == null) {
        throw new IllegalStateException("docs/formula-language.md is in no folder above");
      }
    }
    return folder.resolve("docs");
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
