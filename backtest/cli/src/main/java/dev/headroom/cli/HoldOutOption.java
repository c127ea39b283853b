package dev.headroom.cli;

import dev.headroom.engine.search.HoldOut;
import picocli.CommandLine.Option;

/**
 * What a search keeps for judging, and how people write it: {@code 0.3} or {@code 30%} of the
 * instances, or the last {@code 2d}.
 */
final class HoldOutOption {

  static final String LABEL = "SHARE|DURATION";

  @Option(
      names = "--holdout",
      paramLabel = LABEL,
      description =
          "What is kept for judging: a share of the instances such as 30%%, or the last of the time such as 2d."
              + " Default: ${DEFAULT-VALUE}.",
      defaultValue = "0.3")
  private String text = "";

  /**
   * What was asked for.
   *
   * @throws CommandFailure when it is no hold-out
   */
  HoldOut holdOut() {
    return parse(text);
  }

  /**
   * Reads a hold-out.
   *
   * @throws CommandFailure when it is none
   */
  static HoldOut parse(String text) {
    String given = text.strip();
    try {
      if (TimeSpan.matches(given)) {
        return new HoldOut.Last(TimeSpan.parse("--holdout", given));
      }
      return new HoldOut.Share(
          given.endsWith("%")
              ? Double.parseDouble(given.substring(0, given.length() - 1)) / 100
              : Double.parseDouble(given));
    } catch (IllegalArgumentException e) {
      throw new CommandFailure(
          ExitCode.USAGE,
          "--holdout takes a share of the instances such as 0.3 or 30%, or the last of the time such as 2d, not '"
              + text
              + "'",
          e);
    }
  }
}
