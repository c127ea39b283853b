package dev.headroom.cli;

import dev.headroom.engine.backtest.Candidate;
import dev.headroom.formula.Formula;
import dev.headroom.formula.FormulaException;
import dev.headroom.formula.FormulaLibrary;
import dev.headroom.formula.LibraryFormula;
import dev.headroom.model.Policy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options that say which policies to judge. */
final class FormulaOption {

  /** {@code name: text}; the language itself has no colon. */
  private static final Pattern NAMED =
      Pattern.compile("(?s)\\s*([A-Za-z][A-Za-z0-9_-]{0,40})\\s*:(.*)");

  /** What could have been meant as a name of the library. */
  private static final Pattern WORD = Pattern.compile("[A-Za-z][A-Za-z0-9_-]*");

  /** Stands in for a time in {@code --cadence}. */
  private static final String ON_EVENTS = "events";

  /** What the first formula that is given as a mere text is called. */
  private static final String UNNAMED = "formula";

  @Option(
      names = {"--formula", "-f"},
      paramLabel = "TEXT|@FILE|NAME",
      description =
          "A formula: its text (`name: text` gives it a name), a file that holds it, or a name of the library."
              + " May be given several times.")
  private List<String> formulas = List.of();

  @Option(names = "--library", description = "All formulas of the library.")
  private boolean library;

  @Option(
      names = "--cadence",
      paramLabel = "DURATION",
      description =
          "The least time between two decisions, such as 10s; or `events`: only when the instance started, became ready"
              + " or was reloaded. Default: every sample.")
  private @Nullable String cadence;

  @Option(
      names = "--lag",
      paramLabel = "DURATION",
      description =
          "From a decision to the moment its limit is in force, such as 500ms. Default: none.")
  private @Nullable String lag;

  @Option(
      names = "--minimum",
      paramLabel = "BYTES",
      description = "No limit is below this, such as 64MiB. Default: none.")
  private @Nullable String minimum;

  @Option(
      names = "--maximum",
      paramLabel = "BYTES",
      description = "No limit is above this, such as 8GiB. Default: none.")
  private @Nullable String maximum;

  /**
   * The candidates, each with a name of its own.
   *
   * @throws CommandFailure when a formula is wrong or there is none
   */
  List<Candidate> candidates() {
    if (formulas.isEmpty() && !library) {
      throw CommandFailure.usage(
          "which formula? Give --formula 'memory_max - (shmem + page_tables + 100MiB)', a name that"
              + " `backtest formulas` lists, @FILE, or --library for all of them");
    }
    return chosen(library);
  }

  /** The candidates, or all of the library when none is given. */
  List<Candidate> candidatesOrLibrary() {
    return chosen(library || formulas.isEmpty());
  }

  private List<Candidate> chosen(boolean withLibrary) {
    boolean onEvents = ON_EVENTS.equals(cadence);
    PolicyRules rules =
        new PolicyRules(
            onEvents ? Policy.Trigger.EVENTS : Policy.Trigger.CADENCE,
            onEvents ? Duration.ZERO : duration("--cadence", cadence),
            duration("--lag", lag),
            ByteSize.parseIfGiven("--minimum", minimum),
            ByteSize.parseIfGiven("--maximum", maximum));
    Map<Policy, Candidate> chosen = new LinkedHashMap<>();
    for (String given : formulas) {
      Candidate candidate = candidate(given, chosen.size() + 1, rules);
      chosen.putIfAbsent(candidate.policy(), candidate);
    }
    if (withLibrary) {
      LibraryCandidates.list(rules).forEach(each -> chosen.putIfAbsent(each.policy(), each));
    }
    return List.copyOf(chosen.values());
  }

  /**
   * A formula that was given as a parameter: text, {@code @FILE} or a name of the library.
   *
   * @param position among those of the command, for a text without a name
   */
  static Candidate candidate(String given, int position) {
    return candidate(given, position, PolicyRules.NONE);
  }

  private record Named(String name, String text) {}

  /**
   * What one argument means.
   *
   * @param position of the argument among its like, from 1; names a formula without a name
   * @throws CommandFailure when the formula is wrong
   */
  static Candidate candidate(String given, int position, PolicyRules rules) {
    Optional<LibraryFormula> known = FormulaLibrary.find(given.strip());
    if (known.isPresent()) {
      return LibraryCandidates.of(known.get(), rules);
    }
    Named formula = resolve(given, position);
    Policy policy = rules.policy(formula.name(), formula.text());
    try {
      return new Candidate(policy, Formula.parse(formula.text()));
    } catch (FormulaException e) {
      String which = formula.name().equals(UNNAMED) ? UNNAMED : "formula " + formula.name();
      String asName =
          WORD.matcher(given.strip()).matches()
              ? "\nno formula of the library has that name either; `backtest formulas` lists them"
              : "";
      throw new CommandFailure(ExitCode.USAGE, which + ": " + e.getMessage() + asName, e);
    }
  }

  private static Named resolve(String given, int position) {
    if (given.startsWith("@")) {
      return fromFile(Path.of(given.substring(1)));
    }
    Matcher named = NAMED.matcher(given);
    return named.matches()
        ? new Named(named.group(1), named.group(2))
        : new Named(position == 1 ? UNNAMED : UNNAMED + "-" + position, given);
  }

  private static Named fromFile(Path file) {
    try {
      String fileName = String.valueOf(file.getFileName());
      int dot = fileName.lastIndexOf('.');
      return new Named(dot > 0 ? fileName.substring(0, dot) : fileName, Files.readString(file));
    } catch (IOException e) {
      throw CommandFailure.ofFile(ExitCode.USAGE, "cannot read the formula in " + file, e);
    }
  }

  private static Duration duration(String option, @Nullable String text) {
    return text == null ? Duration.ZERO : TimeSpan.parse(option, text);
  }
}
