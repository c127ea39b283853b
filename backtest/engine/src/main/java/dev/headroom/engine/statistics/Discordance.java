package dev.headroom.engine.statistics;

/**
 * The pairs of one cluster on which two policies disagree.
 *
 * @param onlyFirst pairs in which only the first succeeded
 * @param onlySecond pairs in which only the second did
 */
public record Discordance(int onlyFirst, int onlySecond) {

  public Discordance {
    if (onlyFirst < 0 || onlySecond < 0) {
      throw new IllegalArgumentException(
          "counts are 0 or more, not " + onlyFirst + " and " + onlySecond);
    }
  }

  /** Both together. */
  public Discordance plus(Discordance other) {
    return new Discordance(onlyFirst + other.onlyFirst, onlySecond + other.onlySecond);
  }

  int difference() {
    return onlyFirst - onlySecond;
  }
}
