package dev.headroom.formula.ast;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** Functions of present values; those of the past are {@link WindowFunction}. */
public enum Function {
  MIN("min(a, b, …)", 2, Integer.MAX_VALUE),
  MAX("max(a, b, …)", 2, Integer.MAX_VALUE),
  CLAMP("clamp(x, low, high)", 3, 3),
  ABS("abs(x)", 1, 1),
  FLOOR("floor(x)", 1, 1),
  CEIL("ceil(x)", 1, 1),
  SQRT("sqrt(x)", 1, 1),
  LOG("log(x)", 1, 1),
  EXP("exp(x)", 1, 1),
  DEFAULT("default(x, fallback)", 2, 2);

  private final String signature;
  private final int minArguments;
  private final int maxArguments;

  Function(String signature, int minArguments, int maxArguments) {
    this.signature = signature;
    this.minArguments = minArguments;
    this.maxArguments = maxArguments;
  }

  /** As formulas write it. */
  public String functionName() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** How it is called, for error messages. */
  public String signature() {
    return signature;
  }

  public boolean takes(int arguments) {
    return arguments >= minArguments && arguments <= maxArguments;
  }

  public static Optional<Function> find(String name) {
    return Arrays.stream(values()).filter(f -> f.functionName().equals(name)).findFirst();
  }
}
