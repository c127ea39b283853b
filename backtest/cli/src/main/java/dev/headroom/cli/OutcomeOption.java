package dev.headroom.cli;

import dev.headroom.engine.backtest.Judgement;
import java.util.Collection;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The options of every command that judges: how it is printed, what fails, whether it is kept. */
final class OutcomeOption {

  @Option(names = "--json", description = "Print the whole result as JSON.")
  private boolean json;

  @Mixin private final FailOnOption failOn = new FailOnOption();

  @Option(names = "--no-save", description = "Do not keep the result in the database.")
  private boolean noSave;

  boolean isJson() {
    return json;
  }

  /** Whether the result is to be kept, where there is a database. */
  boolean isKept() {
    return !noSave;
  }

  /** See {@link FailOnOption#exitCode}. */
  int exitCode(Collection<Judgement> judgements) {
    return failOn.exitCode(judgements);
  }
}
