package dev.headroom.formula;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.headroom.formula.syntax.Limits;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * No text makes the parser do anything but return a formula or throw a FormulaException. The long
 * form is run by {@code -Dheadroom.fuzz.texts=1000000}.
 */
class FormulaFuzzTest {

  private static final int TEXTS = Integer.getInteger("headroom.fuzz.texts", 5_000);
  private static final long SEED = Long.getLong("headroom.fuzz.seed", 20_260_702);

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void wordSoup(long seed) {
    var random = new Random(seed);
    for (int i = 0; i < 2_000; i++) {
      var text = new StringBuilder();
      for (int length = random.nextInt(25); length >= 0; length--) {
        text.append(FormulaMutations.word(random));
        text.append(random.nextInt(4) == 0 ? "" : " ");
      }
      requireFormulaOrError(text.toString());
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void characterSoup(long seed) {
    var random = new Random(seed);
    for (int i = 0; i < 2_000; i++) {
      char[] text = new char[random.nextInt(40)];
      for (int c = 0; c < text.length; c++) {
        text[c] = (char) (random.nextInt(10) == 0 ? random.nextInt(0x10000) : random.nextInt(128));
      }
      requireFormulaOrError(new String(text));
    }
  }

  @Test
  void mutatedFormulas() {
    var random = new Random(SEED);
    var mutations = new FormulaMutations(random);
    int formulas = 0;
    for (int i = 0; i < TEXTS; i++) {
      String text = mutations.next();
      try {
        formulas += requireFormulaOrError(text) ? 1 : 0;
      } catch (Throwable e) {
        throw new AssertionError("text %d from seed %d: %s".formatted(i, SEED, text), e);
      }
    }
    System.out.printf(
        "%d mutated texts from seed %d, %d of them still formulas%n", TEXTS, SEED, formulas);
    assertThat(formulas).isBetween(TEXTS / 100, TEXTS / 2);
  }

  static Stream<String> hostileTexts() {
    int n = Limits.TEXT_LENGTH - 20;
    return Stream.of(
        "(".repeat(n),
        ")".repeat(n),
        "[".repeat(n),
        "-".repeat(n) + "1",
        "+".repeat(n) + "1",
        "not ".repeat(n / 4) + "1",
        "2**".repeat(n / 3) + "2",
        "max(".repeat(n / 4),
        "1" + "+1".repeat(n / 2),
        "1" + "<1".repeat(n / 2),
        "1" + " and 1".repeat(n / 6),
        "1 if 1<2 else ".repeat(n / 14) + "1",
        "1 if ".repeat(n / 5),
        "max(" + "1,".repeat(n / 2) + "1)",
        "a".repeat(n),
        "a.".repeat(n / 2),
        "1".repeat(n),
        "1e" + "9".repeat(n),
        "1e-" + "9".repeat(n) + "B",
        "0." + "0".repeat(n) + "1",
        "_".repeat(n),
        "1" + "_".repeat(n),
        "\n".repeat(n),
        ";".repeat(n),
        "#".repeat(n),
        "\\\n".repeat(n / 2),
        "\\",
        "a=1;".repeat(n / 4),
        "\uD83D".repeat(n),
        "x".repeat(Limits.TEXT_LENGTH + 1),
        "memory_max ** 99999999999",
        "memory_max ** -1e300",
        "1B * 2 ** 1e300",
        "a0=memory_max*memory_max;" + squares(60) + "a60");
  }

  private static String squares(int lines) {
    var text = new StringBuilder();
    for (int i = 1; i <= lines; i++) {
      text.append("a%d=a%d*a%d;".formatted(i, i - 1, i - 1));
    }
    return text.toString();
  }

  /** In a thread with a stack of 256 KiB, a quarter of what threads get by default. */
  @ParameterizedTest
  @MethodSource("hostileTexts")
  void hostileTexts_needLittleStack(String text) throws InterruptedException {
    assertThat(failureOnSmallStack(() -> requireFormulaOrError(text))).isNull();
  }

  @Test
  void oneMoreLevel_isAnError() {
    int levels = Limits.NESTING;
    assertThatThrownBy(() -> Formula.parse("(".repeat(levels) + "anon" + ")".repeat(levels)))
        .isInstanceOf(FormulaException.class)
        .hasMessageContaining("more than 64 brackets, calls or signs inside one another");
    assertThatThrownBy(() -> Formula.parse("anon" + " + anon".repeat(Limits.HEIGHT)))
        .isInstanceOf(FormulaException.class)
        .hasMessageContaining("more than 128 levels of operators");
    assertThatThrownBy(() -> Formula.parse("a".repeat(Limits.TEXT_LENGTH + 1)))
        .isInstanceOf(FormulaException.class)
        .hasMessageContaining("longer than 20000 characters");
    var many = new StringBuilder();
    for (int i = 0; i <= Limits.NODES / 2; i++) {
      many.append("v").append(i).append("=-1;");
    }
    assertThatThrownBy(() -> Formula.parse(many.toString()))
        .isInstanceOf(FormulaException.class)
        .hasMessageContaining("more than 2000 terms");
  }

  @Test
  void deepestFormula_runsOnASmallStack() throws InterruptedException {
    int terms = Limits.HEIGHT;
    int levels = Limits.NESTING - 1;
    String brackets = "(".repeat(levels) + "anon" + ")".repeat(levels);
    String calls = "abs(".repeat(levels) + "anon" + ")".repeat(levels);
    String chain = "anon" + " + anon".repeat(terms - 1);
    for (String text : List.of(brackets, chain, calls)) {
      Throwable failure =
          failureOnSmallStack(() -> {
            Formula formula = Formula.parse(text);
            Evaluator evaluator = formula.newEvaluator();
            evaluator.observe(0, new double[] {2});
            assertThat(evaluator.evaluate()).isIn(2.0, 2.0 * terms);
            assertThat(formula.canonicalText()).contains("anon");
          });
      assertThat(failure).isNull();
    }
  }

  private static @Nullable Throwable failureOnSmallStack(Runnable test)
      throws InterruptedException {
    var failure = new AtomicReference<@Nullable Throwable>();
    var thread = new Thread(null, test, "small stack", 256 * 1024);
    thread.setUncaughtExceptionHandler((_, e) -> failure.set(e));
    thread.start();
    thread.join();
    return failure.get();
  }

  /** Whether it is a formula; if so its code must run, if not the error must say where. */
  private static boolean requireFormulaOrError(String text) {
    try {
      Formula formula = Formula.parse(text);
      assertThat(Formula.parse(formula.canonicalText()).astHash()).isEqualTo(formula.astHash());
      requireCode(formula);
      return true;
    } catch (FormulaException e) {
      String[] lines = text.split("\n", -1);
      assertThat(e.line()).isBetween(1, lines.length);
      assertThat(e.column()).isBetween(1, lines[e.line() - 1].length() + 1);
      assertThat(e.getMessage()).contains("^");
      assertThat(e.reason()).isNotBlank();
      assertThat(e.suggestion()).as("what to do about: %s", e.getMessage()).isPresent();
      return false;
    }
  }

  private static void requireCode(Formula formula) {
    int inputs = formula.inputs().size();
    long[] timesNs = {0, 1_000_000_000L};
    double[][] columns = new double[inputs][];
    for (int i = 0; i < inputs; i++) {
      columns[i] = new double[] {i + 7, 1 << 20};
    }
    double[] expected = new double[2];
    double[] actual = new double[2];
    formula.newColumnEvaluator().evaluate(timesNs, columns, 0, 2, expected);
    CompiledFormula.of(formula).newColumnEvaluator().evaluate(timesNs, columns, 0, 2, actual);
    assertThat(actual).containsExactly(expected);
  }
}
