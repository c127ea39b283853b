package dev.headroom.formula;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class FormulaErrorTest {

  private static final Pattern SEPARATOR = Pattern.compile("^=====\\n", Pattern.MULTILINE);

  record Case(String formula, String message) {
    @Override
    public String toString() {
      return message.lines().findFirst().orElse("");
    }
  }

  /**
   * From errors.txt: a formula, a line of dots, the whole message; lines of equals signs between
   * the cases.
   */
  static List<Case> cases() throws IOException {
    var cases = new ArrayList<Case>();
    for (String text : SEPARATOR.splitAsStream(resource()).toList()) {
      int dots = text.indexOf("\n.....\n");
      cases.add(new Case(text.substring(0, dots), text.substring(dots + 7).stripTrailing()));
    }
    assertThat(cases).hasSizeGreaterThan(70);
    return cases;
  }

  private static String resource() throws IOException {
    try (var in =
        Objects.requireNonNull(FormulaErrorTest.class.getResourceAsStream("errors.txt"))) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void message_hasPlaceReasonSourceCaretsAndSuggestion(Case expected) {
    FormulaException e =
        catchThrowableOfType(FormulaException.class, () -> Formula.parse(expected.formula()));
    assertThat(e).hasMessage(expected.message());
    assertThat(e.getMessage())
        .startsWith("line %d, column %d: %s".formatted(e.line(), e.column(), e.reason()))
        .endsWith(e.suggestion().orElse("^"));
  }

  @Test
  void carets_standRightBehindTabsAndWideCharacters() {
    // The tab is shown as one blank; the emoji in the comment is one character of two chars.
    FormulaException e =
        catchThrowableOfType(
            FormulaException.class, () -> Formula.parse("\tlimit = \tshmem - x # \uD83D\uDE00"));
    assertThat(e.column()).isEqualTo(19);
    assertThat(e.getMessage().lines().skip(1).limit(2))
        .containsExactly("   limit =  shmem - x # \uD83D\uDE00", " ".repeat(20) + "^");
  }

  @Test
  void columns_countCharactersNotChars() {
    FormulaException e =
        catchThrowableOfType(FormulaException.class, () -> Formula.parse("shmem - \uD83D\uDE00 -"));
    assertThat(e.column()).isEqualTo(9);
    assertThat(e.reason()).isEqualTo("unexpected character '\uD83D\uDE00'");
  }

  @Test
  void controlCharacters_areNamedNotPrinted() {
    FormulaException e =
        catchThrowableOfType(FormulaException.class, () -> Formula.parse("shmem \u0007"));
    assertThat(e.reason()).isEqualTo("unexpected character U+0007");
    assertThat(e.getMessage().chars()).doesNotContain(7);
  }

  @Test
  void longLines_areCutAroundTheFault() {
    String text = "shmem + ".repeat(30) + "shmen" + " + shmem".repeat(30);
    FormulaException e = catchThrowableOfType(FormulaException.class, () -> Formula.parse(text));
    List<String> lines = e.getMessage().lines().toList();
    assertThat(e.column()).isEqualTo(241);
    assertThat(lines.get(1)).hasSizeLessThan(130).startsWith("  …").endsWith("…");
    int caret = lines.get(2).indexOf('^');
    assertThat(lines.get(1).substring(caret)).startsWith("shmen");
  }

  @Test
  void windowsLineEnds_areLineEnds() {
    FormulaException e =
        catchThrowableOfType(
            FormulaException.class, () -> Formula.parse("a = 1MiB\r\nlimit = a - x\r\n"));
    assertThat(e.line()).isEqualTo(2);
    assertThat(e.getMessage()).contains("\n  limit = a - x\n              ^\n");
  }
}
