package dev.headroom.formula.ast;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/** Functions over the past of an expression. */
public enum WindowFunction {
  MAX_OVER_TIME(Argument.VALUE, Argument.WINDOW),
  MIN_OVER_TIME(Argument.VALUE, Argument.WINDOW),
  AVG_OVER_TIME(Argument.VALUE, Argument.WINDOW),
  QUANTILE_OVER_TIME(Argument.QUANTILE, Argument.VALUE, Argument.WINDOW),
  STDDEV_OVER_TIME(Argument.VALUE, Argument.WINDOW),
  RATE(Argument.VALUE, Argument.WINDOW),
  DERIV(Argument.VALUE, Argument.WINDOW),
  PREDICT_LINEAR(Argument.VALUE, Argument.WINDOW, Argument.AHEAD),
  DELAY(Argument.VALUE, Argument.WINDOW),
  EWMA(Argument.VALUE, Argument.WINDOW);

  /** What an argument is for. */
  public enum Argument {
    /** The expression whose past is looked at. */
    VALUE("x"),
    /** How far back, a constant duration. */
    WINDOW("5m"),
    /** How far ahead, a constant duration. */
    AHEAD("30s"),
    /** A constant number from 0 to 1. */
    QUANTILE("0.99");

    private final String example;

    Argument(String example) {
      this.example = example;
    }
  }

  @SuppressWarnings("ImmutableEnumChecker") // a List.of
  private final List<Argument> arguments;

  WindowFunction(Argument... arguments) {
    this.arguments = List.of(arguments);
  }

  /** As formulas write it. */
  public String functionName() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** What each argument is for, in order. */
  public List<Argument> arguments() {
    return arguments;
  }

  /** How it is called, for error messages. */
  public String signature() {
    return arguments.stream()
        .map(argument -> argument.example)
        .collect(Collectors.joining(", ", functionName() + "(", ")"));
  }

  public static Optional<WindowFunction> find(String name) {
    return Arrays.stream(values()).filter(f -> f.functionName().equals(name)).findFirst();
  }
}
