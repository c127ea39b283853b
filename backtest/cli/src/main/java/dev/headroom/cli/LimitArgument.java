package dev.headroom.cli;

import dev.headroom.model.Policy;

/** A limit's formula on the command line, written as for {@code backtest run --formula}. */
public final class LimitArgument {

  private LimitArgument() {}

  /**
   * The policy that an argument means; it decides at every sample unless the library says
   * otherwise.
   *
   * @param given text, {@code name: text}, {@code @file}, or a name of the library
   * @param position of the argument among its like, from 1; names a formula without a name
   * @throws CommandFailure when the formula is wrong
   */
  public static Policy policy(String given, int position) {
    return FormulaOption.candidate(given, position).policy();
  }
}
