package dev.headroom.cli;

import dev.headroom.formula.FormulaLibrary;
import dev.headroom.formula.Input;
import dev.headroom.formula.LibraryFormula;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code backtest formulas}: the library, one of its formulas, or the inputs a formula may use. */
@Command(
    name = "formulas",
    mixinStandardHelpOptions = true,
    description =
        "Lists the formulas of the library, shows one, or lists the inputs a formula may use.")
public final class FormulasCommand implements Callable<Integer> {

  private final Terminal terminal;

  @Parameters(
      arity = "0..1",
      paramLabel = "NAME",
      description = "Show this formula with its source.")
  private @Nullable String name;

  @Option(names = "--inputs", description = "List what a formula may use, with unit and source.")
  private boolean inputs;

  @Option(names = "--json", description = "Print JSON.")
  private boolean json;

  FormulasCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() {
    if (inputs) {
      printInputs();
    } else if (name == null) {
      printLibrary();
    } else {
      printFormula(find(name));
    }
    return ExitCode.OK;
  }

  private static LibraryFormula find(String name) {
    return FormulaLibrary.find(name)
        .orElseThrow(() ->
            CommandFailure.usage(
                "no formula of the library is named '"
                    + name
                    + "'; there are "
                    + String.join(
                        ", ", FormulaLibrary.list().stream().map(LibraryFormula::name).toList())));
  }

  private void printLibrary() {
    List<LibraryFormula> library = FormulaLibrary.list();
    if (json) {
      terminal.print(Json.write(library.stream().map(FormulasCommand::asMap).toList()));
      return;
    }
    TextTable table = new TextTable("name", "limit", "published by");
    library.forEach(formula -> table.add(formula.name(), formula.title(), formula.source()));
    terminal.print(table.render(terminal));
  }

  private void printFormula(LibraryFormula formula) {
    if (json) {
      terminal.print(Json.write(asMap(formula)));
      return;
    }
    terminal.print(
        "# %s: %s%n# From: %s%n# Bets: %s%n%s"
            .formatted(
                formula.name(), formula.title(), formula.source(), formula.why(), formula.text()));
  }

  private void printInputs() {
    if (json) {
      terminal.print(
          Json.write(Arrays.stream(Input.values()).map(FormulasCommand::asMap).toList()));
      return;
    }
    TextTable table =
        new TextTable("input", "aliases", "measures", "unit", "meaning", "cgroup v1", "cgroup v2");
    for (Input input : Input.values()) {
      table.add(
          input.inputName(),
          String.join(" ", input.aliases()),
          measures(input),
          input.dimension().unit(),
          input.meaning(),
          input.sourceV1(),
          input.sourceV2());
    }
    terminal.print(table.render(terminal));
  }

  private static String measures(Input input) {
    return input.dimension().name().toLowerCase(Locale.ROOT);
  }

  private static Map<String, Object> asMap(LibraryFormula formula) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("name", formula.name());
    fields.put("title", formula.title());
    fields.put("text", formula.text());
    fields.put("source", formula.source());
    fields.put("why", formula.why());
    fields.put("ast_hash", formula.formula().astHash());
    return fields;
  }

  private static Map<String, Object> asMap(Input input) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("name", input.inputName());
    fields.put("aliases", input.aliases());
    fields.put("measures", measures(input));
    fields.put("unit", input.dimension().unit());
    fields.put("meaning", input.meaning());
    fields.put("source_v1", input.sourceV1());
    fields.put("source_v2", input.sourceV2());
    return fields;
  }
}
