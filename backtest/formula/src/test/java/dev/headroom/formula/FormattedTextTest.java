package dev.headroom.formula;

import static org.assertj.core.api.Assertions.assertThat;

import dev.headroom.formula.syntax.Limits;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class FormattedTextTest {

  private static String formatted(String text) {
    return Formula.parse(text).formattedText();
  }

  @Test
  void blanks_standAroundOperators_andBehindCommas() {
    assertThat(formatted("limit=memory_max-( shmem+100MiB ) *2"))
        .isEqualTo("limit = memory_max - (shmem + 100MiB) * 2\n");
    assertThat(formatted("clamp( anon,1B ,  file//3 )")).isEqualTo("clamp(anon, 1B, file // 3)\n");
    assertThat(formatted("param  k=-1.5 in[ -2,3 ];anon*k"))
        .isEqualTo("param k = -1.5 in [-2, 3]\nanon * k\n");
    assertThat(formatted("anon if not(anon<file)and anon!=1B else-file"))
        .isEqualTo("anon if not (anon < file) and anon != 1B else -file\n");
  }

  @Test
  void signs_touchTheirOperand_andPercentagesTheirNumber() {
    assertThat(formatted("- anon - - file ** - 1 * 15%*file*file"))
        .isEqualTo("-anon - -file ** -1 * 15% * file * file\n");
    assertThat(formatted("anon %3B")).isEqualTo("anon % 3B\n");
    assertThat(formatted("anon * (15 % 4) * 15%")).isEqualTo("anon * (15 % 4) * 15%\n");
  }

  @Test
  void statements_standOnLinesOfTheirOwn_withOneBlankLineAtMost() {
    assertThat(formatted("\n\na=anon;b = a;;\n\n\n  b\n\n")).isEqualTo("a = anon\nb = a\n\nb\n");
  }

  @Test
  void comments_stay_andStandBelowOneAnother() {
    assertThat(
            formatted(
                """
                #the peak
                a = anon #now
                long_name = file   #   cache
                # what is left
                   b = a + long_name;   #both
                memory_max-b
                #end
                """))
        .isEqualTo(
            """
            # the peak
            a = anon          # now
            long_name = file  #   cache
            # what is left
            b = a + long_name  # both
            memory_max - b
            # end
            """);
  }

  @Test
  void brokenLines_stayBroken_andAreIndented() {
    assertThat(
            formatted(
                """
                a = max(anon, # one

                # between
                      file
                  )
                a+ \\
                  file - \\
                1B \\

                """))
        .isEqualTo(
            """
            a = max(anon,  # one
                # between
                file
            )
            a + \\
                file - \\
                1B
            """);
  }

  static List<LibraryFormula> library() {
    return FormulaLibrary.list();
  }

  @ParameterizedTest
  @MethodSource("library")
  void libraryFormulas_keepTheirMeaning(LibraryFormula formula) {
    requireStable(formula.text());
  }

  @Test
  void damagedFormulas_thatAreStillFormulas_keepTheirMeaning() {
    var random = new Random(20_260_703);
    var mutations = new FormulaMutations(random);
    int formulas = 0;
    for (int i = 0; i < 1_000; i++) {
      String text = mutations.next();
      try {
        Formula.parse(text);
      } catch (FormulaException e) {
        continue;
      }
      requireStable(text);
      requireStable(loosened(text, random));
      formulas++;
    }
    assertThat(formulas).isGreaterThan(20);
  }

  private static void requireStable(String text) {
    Formula formula = Formula.parse(text);
    String once = formula.formattedText();
    Formula again = Formula.parse(once);
    assertThat(again.astHash()).isEqualTo(formula.astHash());
    assertThat(again.formattedText()).as("formatted twice: %s", text).isEqualTo(once);
  }

  /** The same formula with comments, blank lines and breaks where they may stand. */
  private static String loosened(String text, Random random) {
    var loose = new StringBuilder();
    int open = 0;
    boolean inComment = false;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      inComment = (inComment || c == '#') && c != '\n';
      if (!inComment) {
        open += c == '(' || c == '[' ? 1 : c == ')' || c == ']' ? -1 : 0;
        boolean broken = i > 0 && text.charAt(i - 1) == '\\';
        if (c == '\n' && !broken && random.nextInt(3) == 0) {
          loose.append(open == 0 && random.nextBoolean() ? " ;# y " : "  #x");
          loose.append("\n".repeat(random.nextInt(3)));
        }
        if (c == ' ' && random.nextInt(6) == 0) {
          loose.append(open == 0 ? " \\\n" : random.nextBoolean() ? " # in brackets\n" : "\n\n");
        }
      }
      loose.append(c);
    }
    return loose.toString();
  }

  @Test
  void textsThatWouldGrowTooLong_stayAsTheyAre() {
    String text = "#" + "x".repeat(Limits.TEXT_LENGTH - 12) + "\nanon+1B";
    assertThat(text.length()).isLessThanOrEqualTo(Limits.TEXT_LENGTH);
    assertThat(formatted(text)).isEqualTo(text);
  }
}
