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
  private static final List<String> WINDOWS = List.of("1s", "2500ms", "7s", "1m", "w");
  private static final List<String> OVER_TIME =
      List.of(
          "max_over_time", "min_over_time", "avg_over_time", "stddev_over_time", "ewma", "delay");
  private static final List<String> RATES = List.of("rate", "deriv");
  private static final List<String> RELATIONS = List.of("<", "<=", ">", ">=", "==", "!=");
  private static final List<String> LITERALS =
      List.of("0", "1", "-1", "2", "0.1", "4096", "1e300", "1e-300", "-0.0", "1e308");

  private final Random random;

  RandomFormulas(Random random) {
    this.random = random;
  }

  /** A formula of up to three lines before its result. */
  String next() {
    var text = new StringBuilder("param k = 1.5 in [0, 3]\nparam w = 3s in [1s, 1m]\n");
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
    return switch (random.nextInt(24)) {
      case 0 -> "(%s + %s)".formatted(a, b);
      case 1 -> "(%s - (%s))".formatted(a, b);
      case 2 -> "((%s) * %s)".formatted(a, number(depth - 1, variables));
      case 3 -> "((%s) // %s)".formatted(a, number(depth - 1, variables));
      case 4 -> "(%s %% %s)".formatted(leaf(variables), b);
      case 5 -> "(-(%s))".formatted(a);
      case 6, 7 -> "(%s if %s else %s)".formatted(a, condition(depth - 1, variables), b);
      case 8 -> "%s(%s, %s, %s)".formatted(pick(List.of("min", "max")), a, b, leaf(variables));
      case 9 -> "clamp(%s, %s, %s)".formatted(leaf(variables), a, b);
      case 10 -> "default(%s, %s)".formatted(a, b);
      case 11, 12 -> "%s(%s, %s)".formatted(pick(OVER_TIME), a, pick(WINDOWS));
      case 13 ->
          "quantile_over_time(%s, %s, %s)"
              .formatted(pick(List.of("0.9", "0", "1", "50%")), a, pick(WINDOWS));
      case 14 -> "(%s(%s, %s) * 30s)".formatted(pick(RATES), a, pick(WINDOWS));
      case 15 -> "predict_linear(%s, %s, 5s)".formatted(a, pick(WINDOWS));
      case 16 -> "((%s) / %s)".formatted(a, number(depth - 1, variables));
      case 17 -> "%s(%s)".formatted(pick(List.of("abs", "floor", "ceil")), a);
      case 18 -> "sqrt((%s) * (%s))".formatted(a, b);
      case 19 -> "(%s + %s)".formatted(a, a);
      case 20 -> "((%s) // %s)".formatted(a, pick(List.of("4096", "1", "2", "3", "0.5", "0")));
      case 21 -> "((%s) ** 2 / (%s))".formatted(a, b);
      default -> "(%s + %s)".formatted(a, leaf(variables));
    };
  }

  private String number(int depth, int variables) {
    return switch (random.nextInt(12)) {
      case 0 -> "k";
      case 1 -> "15%";
      case 2 -> pick(COUNT_INPUTS);
      case 3, 4 -> "(%s / %s)".formatted(bytes(depth, variables), leaf(variables));
      case 5 -> "sqrt(abs(%s))".formatted(pick(COUNT_INPUTS));
      case 6 -> "log(%s)".formatted(pick(COUNT_INPUTS));
      case 7 -> "exp(%s - 20)".formatted(pick(COUNT_INPUTS));
      case 8 -> "(k ** %s)".formatted(pick(List.of("2", "-1", "0", "1", "0.5", "k")));
      case 9 -> "(%s)".formatted(pick(LITERALS));
      case 10 ->
          "(%s %s %s)"
              .formatted(
                  pick(LITERALS), pick(List.of("+", "-", "*", "/", "//", "%")), pick(LITERALS));
      default -> String.valueOf(random.nextInt(1, 5) / 2.0);
    };
  }

  private String condition(int depth, int variables) {
    String a = leaf(variables);
    if (depth > 0 && random.nextInt(3) == 0) {
      String left = condition(depth - 1, variables);
      String right = condition(depth - 1, variables);
      return switch (random.nextInt(4)) {
        case 0 -> "(%s and %s)".formatted(left, right);
        case 1 -> "(%s or %s)".formatted(left, right);
        case 2 -> "(not (%s))".formatted(left);
        default -> "(%s if %s else %s)".formatted(left, condition(0, variables), right);
      };
    }
    return switch (random.nextInt(6)) {
      case 0 -> "%s %s %s".formatted(bytes(depth, variables), pick(RELATIONS), a);
      case 1 -> "%s %s %s %s 1KiB".formatted(a, pick(RELATIONS), leaf(variables), pick(RELATIONS));
      case 2 -> "not %s == %s".formatted(a, leaf(variables));
      case 3 -> "%s > 1MiB and connections != 3".formatted(a);
      case 4 -> "k %s %s".formatted(pick(RELATIONS), pick(LITERALS));
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
}
