package dev.headroom.cli;

import dev.headroom.engine.backtest.Candidate;
import dev.headroom.formula.FormulaLibrary;
import dev.headroom.formula.LibraryFormula;
import java.util.List;

/** The formulas of the library as policies to judge. */
public final class LibraryCandidates {

  private LibraryCandidates() {}

  /** All of them, deciding at every sample, at once and without bounds. */
  public static List<Candidate> list() {
    return list(PolicyRules.NONE);
  }

  static List<Candidate> list(PolicyRules rules) {
    return FormulaLibrary.list().stream().map(formula -> of(formula, rules)).toList();
  }

  static Candidate of(LibraryFormula formula, PolicyRules rules) {
    return Candidate.parse(rules.policy(formula.name(), formula.text()));
  }
}
