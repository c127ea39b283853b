package dev.headroom.formula.check;

import java.util.Collection;
import java.util.Comparator;
import java.util.Optional;

/** Finds what a misspelt name was meant to be. */
final class Spelling {

  /** Names longer than this are compared with nothing, which keeps hostile text cheap. */
  private static final int LONGEST = 64;

  private Spelling() {}

  /**
   * The candidate that is the fewest edits away, if that is few enough for the length of the name.
   */
  static Optional<String> nearest(String name, Collection<String> candidates) {
    if (name.length() > LONGEST) {
      return Optional.empty();
    }
    record Match(String candidate, int edits) {}
    int allowed = Math.max(1, name.length() / 3);
    return candidates.stream()
        .filter(candidate -> Math.abs(candidate.length() - name.length()) <= allowed)
        .map(candidate -> new Match(candidate, edits(name, candidate)))
        .filter(match -> match.edits <= allowed)
        .min(Comparator.comparingInt(Match::edits).thenComparing(Match::candidate))
        .map(Match::candidate);
  }

  /** Insertions, deletions, replacements and swaps of neighbours; letter case does not count. */
  static int edits(String from, String to) {
    int[][] edits = new int[from.length() + 1][to.length() + 1];
    for (int i = 0; i <= from.length(); i++) {
      for (int j = 0; j <= to.length(); j++) {
        if (i == 0 || j == 0) {
          edits[i][j] = i + j;
          continue;
        }
        int replace = edits[i - 1][j - 1] + (same(from, i - 1, to, j - 1) ? 0 : 1);
        int best = Math.min(replace, 1 + Math.min(edits[i - 1][j], edits[i][j - 1]));
        if (i > 1 && j > 1 && same(from, i - 1, to, j - 2) && same(from, i - 2, to, j - 1)) {
          best = Math.min(best, edits[i - 2][j - 2] + 1);
        }
        edits[i][j] = best;
      }
    }
    return edits[from.length()][to.length()];
  }

  private static boolean same(String a, int i, String b, int j) {
    return Character.toLowerCase(a.charAt(i)) == Character.toLowerCase(b.charAt(j));
  }
}
