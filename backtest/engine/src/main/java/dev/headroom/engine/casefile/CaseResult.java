package dev.headroom.engine.casefile;

import java.util.List;

/**
 * Whether a case holds.
 *
 * @param name of the case
 * @param place where it stands, {@code file:line:column}
 * @param why what it shows
 * @param differences everything listed that came out otherwise, in the order of the file
 */
public record CaseResult(String name, String place, String why, List<Difference> differences) {

  /**
   * One value that came out otherwise.
   *
   * @param path of its key, such as {@code undecided.gap} or {@code limits[3]}
   */
  public record Difference(String path, String expected, String actual) {

    @Override
    public String toString() {
      return path + ": expected " + expected + ", but it is " + actual;
    }
  }

  public boolean holds() {
    return differences.isEmpty();
  }
}
