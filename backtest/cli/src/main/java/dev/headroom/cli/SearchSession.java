package dev.headroom.cli;

import dev.headroom.engine.backtest.BacktestConfig;
import dev.headroom.engine.backtest.Candidate;
import dev.headroom.engine.search.Choice;
import dev.headroom.model.BacktestRun;
import dev.headroom.model.Recording;
import java.time.Instant;
import java.util.List;
import java.util.function.Function;

/** A search from the recording to the exit code: the same for every command that searches. */
record SearchSession(
    Terminal terminal, RecordingOption recording, ReportOption report, OutcomeOption outcome) {

  /** Searches, prints, keeps, and returns the exit code. */
  int run(SearchSpec spec) {
    return run(spec.formulas(), spec.config(), _ -> spec.method());
  }

  /** The same with a method that depends on what was recorded when. */
  int run(
      List<Candidate> formulas,
      BacktestConfig config,
      Function<Recording, SearchSpec.Method> methodFor) {
    report.check();
    Instant startedAt = Instant.now();
    try (RecordingOption.Chosen chosen = recording.open(terminal, outcome.isKept())) {
      SearchSpec spec =
          new SearchSpec(formulas, method(methodFor, chosen.source().recording()), config);
      SearchRunner.Outcome searched = new SearchRunner(terminal).search(chosen.source(), spec);
      terminal.print(
          outcome.isJson() ? searched.json() : SearchReport.text(searched.found(), terminal));
      if (searched.found() instanceof SearchSpec.Found.Chosen(Choice choice)) {
        report.write(choice.onHoldOut(), terminal);
      }
      if (outcome.isKept()) {
        BacktestRun run =
            searched.toKeep(
                spec, chosen.source().recording(), chosen.source().isAdHoc(), startedAt);
        chosen
            .database()
            .ifPresent(database -> {
              database.backtests().save(run, List.of());
              terminal.say("kept as run " + run.runId());
            });
      }
      return outcome.exitCode(SearchReport.judgements(searched.found()));
    }
  }

  private static SearchSpec.Method method(
      Function<Recording, SearchSpec.Method> methodFor, Recording recording) {
    try {
      return methodFor.apply(recording);
    } catch (IllegalArgumentException e) {
      // Lengths of time that do not go together.
      throw new CommandFailure(ExitCode.USAGE, String.valueOf(e.getMessage()), e);
    }
  }
}
