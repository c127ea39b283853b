package dev.headroom.cli;

import dev.headroom.engine.backtest.Judgement;
import dev.headroom.engine.backtest.Judgement.Outcome;
import java.util.Collection;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import picocli.CommandLine.Option;

/** The option that says which judgements are a failure of the command. */
final class FailOnOption {

  /** What a pipeline may refuse. */
  enum FailOn {
    FAIL,
    INCONCLUSIVE,
    NO_DATA
  }

  @Option(
      names = "--fail-on",
      split = ",",
      paramLabel = "FAIL|INCONCLUSIVE|NO_DATA",
      description =
          "Exit with 1 when a formula fails, and besides with 3 when one is inconclusive or 4 when one has"
              + " no data, if named here. INCONCLUSIVE names the other two as well.")
  private List<FailOn> failOn = List.of();

  /** One of {@link ExitCode}, the worst that was named and happened. */
  int exitCode(Collection<Judgement> judgements) {
    Set<Outcome> refused = EnumSet.noneOf(Outcome.class);
    for (FailOn named : failOn) {
      refused.addAll(
          switch (named) {
            case FAIL -> EnumSet.of(Outcome.FAIL);
            case NO_DATA -> EnumSet.of(Outcome.FAIL, Outcome.NO_DATA);
            case INCONCLUSIVE -> EnumSet.of(Outcome.FAIL, Outcome.NO_DATA, Outcome.INCONCLUSIVE);
          });
    }
    Set<Outcome> met = EnumSet.noneOf(Outcome.class);
    judgements.forEach(judgement -> met.add(judgement.outcome()));
    met.retainAll(refused);
    if (met.contains(Outcome.FAIL)) {
      return ExitCode.FAILED;
    }
    if (met.contains(Outcome.NO_DATA)) {
      return ExitCode.NO_DATA;
    }
    return met.contains(Outcome.INCONCLUSIVE) ? ExitCode.INCONCLUSIVE : ExitCode.OK;
  }
}
