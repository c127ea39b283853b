package dev.headroom.formula;

import java.util.function.IntFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Formulas near the limits of size, each with another kind of expression in the mass. */
public final class BigFormulas {

  private BigFormulas() {}

  /** Their texts. */
  public static Stream<String> texts() {
    return Stream.of(
        lines(15, line -> sum(line, "%s + %s")),
        lines(15, line -> sum(line, "%s - %s")),
        lines(280, line -> "%s // %d".formatted(operand(line), line)),
        "max("
            + IntStream.range(0, 1_900)
                .mapToObj(BigFormulas::operand)
                .collect(Collectors.joining(", "))
            + ")",
        "1B if " + chain(900) + " else 2B",
        lines(
            160,
            line ->
                "%s if %s < %s else %d * 1B"
                    .formatted(operand(line), operand(line + 1), operand(line + 2), line)),
        lines(
            120,
            line ->
                "default(%s, %s) %% (%s + %dB) ** 1"
                    .formatted(operand(line), operand(line + 1), operand(line + 2), line)),
        lines(
            90,
            line ->
                "max_over_time(%s, %ds) + ewma(%s, 5s)"
                    .formatted(operand(line), line + 1, operand(line + 1))),
        nestedWindows(40));
  }

  /** Lines that each read the line before, and their sum. */
  private static String lines(int count, IntFunction<String> expression) {
    var text = new StringBuilder("v0 = anon\n");
    for (int line = 1; line <= count; line++) {
      text.append("v%d = %s + v%d / 2\n".formatted(line, expression.apply(line), line - 1));
    }
    return text.append("v").append(count).append(" - shmem").toString();
  }

  private static String sum(int line, String pair) {
    String sum = operand(line);
    for (int i = 1; i < 60; i++) {
      sum = pair.formatted(sum, operand(line * i));
    }
    return sum;
  }

  private static String chain(int operands) {
    return IntStream.range(0, operands)
        .mapToObj(BigFormulas::operand)
        .collect(Collectors.joining(" <= "));
  }

  private static String nestedWindows(int levels) {
    var text = new StringBuilder("v0 = anon\n");
    for (int line = 1; line <= levels; line++) {
      text.append("v%d = avg_over_time(v%d, 3s) + shmem * %d\n".formatted(line, line - 1, line));
    }
    return text.append("v").append(levels).toString();
  }

  private static String operand(int i) {
    return switch (Math.floorMod(i * 7, 5)) {
      case 0 -> "anon";
      case 1 -> "shmem";
      case 2 -> "page_tables";
      case 3 -> "file";
      default -> (i + 1) + "KiB";
    };
  }
}
