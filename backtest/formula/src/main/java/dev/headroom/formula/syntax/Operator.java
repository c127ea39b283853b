package dev.headroom.formula.syntax;

/** Arithmetic with two operands. */
public enum Operator {
  ADD("+", "plus"),
  SUBTRACT("-", "minus"),
  MULTIPLY("*", "times"),
  DIVIDE("/", "divided by"),
  FLOOR_DIVIDE("//", "divided by"),
  REMAINDER("%", "modulo"),
  POWER("**", "to the power of");

  private final String symbol;
  private final String words;

  Operator(String symbol, String words) {
    this.symbol = symbol;
    this.words = words;
  }

  public String symbol() {
    return symbol;
  }

  /** How it is read out between its operands: "bytes minus count". */
  public String words() {
    return words;
  }
}
