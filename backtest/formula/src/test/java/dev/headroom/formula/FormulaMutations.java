package dev.headroom.formula;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Takes formulas that are right and damages them the way typing, pasting and attackers do. */
final class FormulaMutations {

  private static final int EDITS = 6;

  private static final List<String> WORDS =
      List.of(
          "memory_max",
          "anon",
          "connections",
          "pressure_some",
          "x",
          "limit",
          "param",
          "in",
          "if",
          "else",
          "and",
          "or",
          "not",
          "max",
          "clamp",
          "default",
          "max_over_time",
          "delay",
          "rate",
          "predict_linear",
          "5m",
          "0.5",
          "100MiB",
          "15%",
          "1e9",
          "1e999",
          "7",
          "0",
          "-",
          "+",
          "*",
          "**",
          "/",
          "//",
          "%",
          "<",
          "<=",
          "==",
          "!=",
          "=",
          "(",
          ")",
          "[",
          "]",
          ",",
          ";",
          "\n",
          "\r\n",
          "#",
          "\\\n",
          "..",
          "1e",
          "é",
          "\uD83D",
          "\uD83D\uDE00",
          "\u0000",
          "\u202E",
          "\t",
          "'",
          "kB",
          "400d",
          "1_",
          "__proto__");

  private final Random random;
  private final RandomFormulas formulas;
  private final List<String> known = new ArrayList<>();

  FormulaMutations(Random random) {
    this.random = random;
    this.formulas = new RandomFormulas(random);
    FormulaLibrary.list().forEach(formula -> known.add(formula.text()));
  }

  /** A word of the language or something that is none. */
  static String word(Random random) {
    return WORDS.get(random.nextInt(WORDS.size()));
  }

  /** A formula with a few edits; now and then it is still one. */
  String next() {
    var text = new StringBuilder(original());
    for (int edits = random.nextBoolean() ? 1 : random.nextInt(1, EDITS); edits > 0; edits--) {
      edit(text);
    }
    return text.toString();
  }

  private String original() {
    return random.nextInt(4) == 0 ? known.get(random.nextInt(known.size())) : formulas.next();
  }

  private void edit(StringBuilder text) {
    int at = random.nextInt(text.length() + 1);
    int end = Math.min(text.length(), at + random.nextInt(1, 12));
    switch (random.nextInt(10)) {
      case 0 -> text.delete(at, Math.min(text.length(), at + 1));
      case 1 -> text.delete(at, end);
      case 2, 3 -> text.insert(at, word(random));
      case 4 -> text.replace(at, end, word(random));
      case 5 -> text.insert(at, (char) random.nextInt(128));
      case 6 -> text.insert(at, (char) random.nextInt(0x10000));
      case 7 -> text.insert(random.nextInt(text.length() + 1), text.substring(at, end));
      case 8 -> text.insert(at, text.substring(at, end).repeat(random.nextInt(80)));
      default -> {
        int depth = random.nextInt(80);
        text.insert(end, ")".repeat(depth)).insert(at, "(".repeat(depth));
      }
    }
  }
}
