package dev.headroom.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** What the documents say about the tree is true: links lead somewhere, and named paths exist. */
final class DocumentationTest {

  private static final Path ROOT = RepositoryRoot.find();
  private static final Pattern LINK =
      Pattern.compile("\\]\\((?!https?:|#|mailto:)([^)#\\s]+)(#[^)]*)?\\)");
  private static final Pattern NAMED_PATH =
      Pattern.compile(
          "`((?:schema|backtest|collector|web|guard-native|notebooks|docs|bin)/[\\w./-]*\\w|pom\\.xml|\\.ci/run)`");

  @TestFactory
  Stream<DynamicTest> everyLinkLeadsSomewhere() throws IOException {
    return documents().stream()
        .map(document ->
            DynamicTest.dynamicTest(
                ROOT.relativize(document).toString(),
                () ->
                    assertThat(found(LINK, document))
                        .allSatisfy(target ->
                            assertThat(document.resolveSibling(target))
                                .as("link to " + target)
                                .exists())));
  }

  @TestFactory
  Stream<DynamicTest> everyNamedPathExists() throws IOException {
    return documents().stream()
        .map(document ->
            DynamicTest.dynamicTest(
                ROOT.relativize(document).toString(),
                () ->
                    assertThat(found(NAMED_PATH, document))
                        .allSatisfy(path -> assertThat(ROOT.resolve(path)).as(path).exists())));
  }

  private static List<String> found(Pattern pattern, Path document) throws IOException {
    return pattern
        .matcher(Files.readString(document))
        .results()
        .map(match -> match.group(1))
        .toList();
  }

  private static List<Path> documents() throws IOException {
    try (Stream<Path> top = Files.list(ROOT);
        Stream<Path> docs = Files.walk(ROOT.resolve("docs"))) {
      return Stream.concat(top, docs)
          .filter(path -> path.toString().endsWith(".md"))
          .sorted()
          .toList();
    }
  }
}
