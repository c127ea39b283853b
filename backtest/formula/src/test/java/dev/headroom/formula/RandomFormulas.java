package dev.headroom.formula;

import java.util.List;
import java.util.Random;

/**
 * Makes formulas that are well-formed and have the right dimensions, with every construct in them.
 */
final class RandomFormulas {

  private static final List<String> BYTE_INPUTS =
      List.of("memory_max", "total_ram", "anon", "shmem_bytes", "page_tables", "slab", "allocated");
  private static final List<String> COUNT_INPUTS = List.of("connections", "max_connections");
  private static final List<String> WINDOWS = List.of("1s", "2500ms", "7s", "1m");
  private static final List<String> OVER_TIME =
      List.of(
          "max_over_time", "min_over_time", "avg_over_time", "stddev_over_time", "ewma", "delay");

  private final Random random;

  RandomFormulas(Random random) {
    this.random = random;
  }

  /** A formula of up to three lines before its result. */
  String next() {
    var text = new StringBuilder("param k = 1.5 in [0, 3]\n");
    int lines = random.nextInt(4);
    for (int line = 0; line < lines; line++) {
      text.append("v%d = %s\n".formatted(line, bytes(3, line)));
    }
    return text.append("limit = ").append(bytes(4, lines)).append('\n').toString();
  }

  private String bytes(int depth, int variables) {
    if (depth == 0) {
      return leaf(variables);
    }
    String a = bytes(depth - 1, variables);
    String b = bytes(depth - 1, variables);
    return switch (random.nextInt(14)) {
      case 0 -> "(%s + %s)".formatted(a, b);
      case 1 -> "%s - (%s)".formatted(a, b).transform(RandomFormulas::bracketed);
      case 2 -> "(%s) * %s".formatted(a, number(depth - 1, variables));
      case 3 -> "(%s) // %s".formatted(a, number(depth - 1, variables));
      case 4 -> "(%s %% %s)".formatted(leaf(variables), b);
      case 5 -> "-(%s)".formatted(a).transform(RandomFormulas::bracketed);
      case 6 -> "(%s if %s else %s)".formatted(a, condition(depth - 1, variables), b);
      case 7 -> "min(%s, %s, %s)".formatted(a, b, leaf(variables));
      case 8 -> "clamp(%s, %s, %s)".formatted(leaf(variables), a, b);
      case 9 -> "default(%s, %s)".formatted(a, b);
      case 10 -> "%s(%s, %s)".formatted(pick(OVER_TIME), a, pick(WINDOWS));
      case 11 -> "quantile_over_time(0.9, %s, %s)".formatted(a, pick(WINDOWS));
      case 12 ->
          "deriv(%s, %s) * 30s".formatted(a, pick(WINDOWS)).transform(RandomFormulas::bracketed);
      default -> "predict_linear(%s, %s, 5s)".formatted(a, pick(WINDOWS));
    };
  }

  private String number(int depth, int variables) {
    return switch (random.nextInt(6)) {
      case 0 -> "k";
      case 1 -> "15%";
      case 2 -> pick(COUNT_INPUTS);
      case 3 -> "(%s / %s)".formatted(bytes(depth, variables), leaf(variables));
      case 4 -> "sqrt(abs(%s))".formatted(pick(COUNT_INPUTS));
      default -> String.valueOf(random.nextInt(1, 5) / 2.0);
    };
  }

  private String condition(int depth, int variables) {
    String a = leaf(variables);
    return switch (random.nextInt(5)) {
      case 0 -> "%s < %s".formatted(bytes(depth, variables), a);
      case 1 -> "%s >= %s > 1KiB".formatted(a, leaf(variables));
      case 2 -> "not %s == %s".formatted(a, leaf(variables));
      case 3 -> "%s > 1MiB and connections != 3".formatted(a);
      default -> "%s <= 2MiB or %s > 5".formatted(a, pick(COUNT_INPUTS));
    };
  }

  private String leaf(int variables) {
    if (variables > 0 && random.nextInt(3) == 0) {
      return "v" + random.nextInt(variables);
    }
    return random.nextInt(4) == 0 ? random.nextInt(1, 900) + "KiB" : pick(BYTE_INPUTS);
  }

  private String pick(List<String> words) {
    return words.get(random.nextInt(words.size()));
  }

  private static String bracketed(String text) {
    return "(" + text + ")";
  }
}
