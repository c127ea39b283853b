package dev.headroom.formula;

/**
 * A formula that ships with the product; {@code docs/formulas/NAME.md} says when it fits and when
 * it fails.
 *
 * @param name what users type
 * @param title one phrase
 * @param text the formula
 * @param source where the idea was published
 * @param why what it bets on, in one sentence
 */
public record LibraryFormula(String name, String title, String text, String source, String why) {

  /** The formula, parsed. */
  public Formula formula() {
    return Formula.parse(text);
  }
}
