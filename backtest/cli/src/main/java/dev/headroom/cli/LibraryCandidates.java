package dev.headroom.cli;

import dev.headroom.engine.backtest.Candidate;
import dev.headroom.formula.FormulaLibrary;
import dev.headroom.formula.LibraryFormula;
import dev.headroom.model.Policy;
import java.time.Duration;
import java.util.List;

/** The formulas of the library as policies to judge. */
public final class LibraryCandidates {

  private LibraryCandidates() {}

  /** All of them, deciding at every sample, at once and without bounds. */
  public static List<Candidate> list() {
    return list(Duration.ZERO, Duration.ZERO);
  }

  static List<Candidate> list(Duration cadence, Duration lag) {
    return FormulaLibrary.list().stream().map(formula -> of(formula, cadence, lag)).toList();
  }

  static Candidate of(LibraryFormula formula, Duration cadence, Duration lag) {
    return Candidate.parse(new Policy(formula.name(), formula.text(), cadence, lag, null, null));
  }
}
