package dev.headroom.cli;

import dev.headroom.formula.Formula;
import dev.headroom.formula.FormulaException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code backtest fmt}: formulas in the one layout, their comments and meaning kept. */
@Command(
    name = "fmt",
    mixinStandardHelpOptions = true,
    description = {
      "Writes formulas in one layout: blanks, indentation and the places of comments.",
      "Files are rewritten, and those that changed are listed. Nothing is written unless all can be read."
    },
    footer = {
      "",
      "Exit codes: 0 done, or with --check all are formatted; 1 with --check, one is not; 2 a formula is wrong."
    })
final class FmtCommand implements Callable<Integer> {

  private final Terminal terminal;

  @Parameters(arity = "0..*", paramLabel = "FILE", description = "Files that hold a formula each.")
  private List<Path> files = List.of();

  @Option(
      names = {"--formula", "-f"},
      paramLabel = "TEXT",
      description = "Format this text and print it instead.")
  private @Nullable String formula;

  @Option(
      names = "--check",
      description = "Write nothing; fail if something is not formatted, and say what.")
  private boolean check;

  FmtCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  /** A formula file before and after. */
  private record Rewrite(Path file, String before, String after) {
    boolean changes() {
      return !before.equals(after);
    }
  }

  @Override
  public Integer call() {
    if (files.isEmpty() == (formula == null)) {
      throw CommandFailure.usage("what to format? Give one FILE or more, or --formula TEXT");
    }
    return formula == null ? formatFiles() : formatText(formula);
  }

  private int formatText(String text) {
    String formatted = format("formula", text);
    if (!check) {
      terminal.print(formatted);
      return ExitCode.OK;
    }
    boolean same = formatted.strip().equals(text.strip());
    if (!same) {
      terminal.say("the formula is not formatted");
    }
    return same ? ExitCode.OK : ExitCode.FAILED;
  }

  private int formatFiles() {
    List<Rewrite> changes = new ArrayList<>();
    for (Path file : files) {
      String text = read(file);
      Rewrite rewrite = new Rewrite(file, text, format(file.toString(), text));
      if (rewrite.changes()) {
        changes.add(rewrite);
      }
    }
    for (Rewrite rewrite : changes) {
      if (!check) {
        write(rewrite);
      }
      terminal.print(rewrite.file().toString());
    }
    return check && !changes.isEmpty() ? ExitCode.FAILED : ExitCode.OK;
  }

  private static String format(String name, String text) {
    try {
      return Formula.parse(text).formattedText();
    } catch (FormulaException e) {
      throw new CommandFailure(ExitCode.USAGE, name + ": " + e.getMessage(), e);
    }
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw CommandFailure.ofFile(ExitCode.USAGE, "cannot read the formula in " + file, e);
    }
  }

  private static void write(Rewrite rewrite) {
    try {
      Files.writeString(rewrite.file(), rewrite.after());
    } catch (IOException e) {
      throw CommandFailure.ofFile(
          ExitCode.USAGE, "cannot write the formatted formula to " + rewrite.file(), e);
    }
  }
}
