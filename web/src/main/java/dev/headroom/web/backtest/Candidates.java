package dev.headroom.web.backtest;

import dev.headroom.engine.backtest.Candidate;
import dev.headroom.formula.FormulaException;
import dev.headroom.formula.FormulaLibrary;
import dev.headroom.formula.LibraryFormula;
import dev.headroom.model.Policy;
import dev.headroom.web.http.ApiException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The formulas of a request: names of the library, or texts with a name and a colon before them.
 */
final class Candidates {

  private static final Pattern NAMED =
      Pattern.compile("(?s)\\s*([A-Za-z][A-Za-z0-9_-]{0,40})\\s*:(.*)");
  private static final int MOST = 30;
  private static final int MOST_CHARACTERS = 10_000;

  private Candidates() {}

  static List<Candidate> parse(List<String> formulas) {
    if (formulas.isEmpty() || formulas.size() > MOST) {
      throw ApiException.badRequest(
          "a backtest takes 1 to " + MOST + " formulas", "choose some of /api/v1/backtest-setup");
    }
    List<Candidate> candidates = new ArrayList<>();
    Set<String> names = new HashSet<>();
    for (String formula : formulas) {
      Candidate candidate = parse(formula, candidates.size() + 1);
      if (!names.add(candidate.policy().name())) {
        throw ApiException.badRequest(
            "two formulas are named " + candidate.policy().name(), "rename one");
      }
      candidates.add(candidate);
    }
    return candidates;
  }

  private static Candidate parse(String formula, int position) {
    if (formula.length() > MOST_CHARACTERS) {
      throw ApiException.badRequest("formula " + position + " is too long", "shorten it");
    }
    Optional<LibraryFormula> known = FormulaLibrary.find(formula.strip());
    Matcher named = NAMED.matcher(formula);
    String name = known.isPresent() ? known.get().name() : "formula-" + position;
    String text = known.isPresent() ? known.get().text() : formula;
    if (known.isEmpty() && named.matches()) {
      name = named.group(1);
      text = named.group(2);
    }
    try {
      return Candidate.parse(Policy.of(name, text));
    } catch (FormulaException e) {
      throw ApiException.badRequest(
          "formula " + position + ": " + e.getMessage(), "correct it at the caret");
    }
  }
}
