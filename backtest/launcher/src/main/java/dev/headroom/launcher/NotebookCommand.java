package dev.headroom.launcher;

import dev.headroom.cli.CommandFailure;
import dev.headroom.cli.ExitCode;
import dev.headroom.cli.Terminal;
import dev.headroom.embedded.HeadroomHome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code headroom notebook}: the notebooks, run, rendered or opened. */
@Command(
    name = "notebook",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description =
        "Notebooks to dig deeper: the anatomy of a kill, comparing formulas, and whether a recording is good enough.",
    footer = {
      "",
      "Examples:",
      "  headroom notebook render anatomy-of-a-kill",
      "  headroom notebook run --recording last-week",
      "  headroom notebook open"
    },
    subcommands = {
      NotebookCommand.ListNotebooks.class,
      NotebookCommand.Run.class,
      NotebookCommand.Render.class,
      NotebookCommand.Open.class
    })
final class NotebookCommand {

  private NotebookCommand() {}

  /** What the notebooks are to look at. */
  static final class Subject {

    @Option(
        names = "--recording",
        paramLabel = "NAME|FOLDER",
        description =
            "A recording: its name in the database, a folder that `recording export` wrote, or one that comes with"
                + " Headroom. Default: each notebook's own, which comes with Headroom.")
    private @Nullable String recording;

    @Option(
        names = "--kill",
        paramLabel = "ID",
        description =
            "The kill that anatomy-of-a-kill is about, or the start of its id. Default: the one whose victim was"
                + " largest.")
    private @Nullable String kill;

    @Option(
        names = "--db-url",
        paramLabel = "URL",
        description =
            "The database of a recording by name: postgresql://user:password@host:port/name, or JDBC's form."
                + " Default: HEADROOM_DB_URL, else the one that `headroom db` keeps.")
    private @Nullable String url;

    /** As the cells read it. */
    Map<String, String> environment() {
      Map<String, String> environment = new LinkedHashMap<>();
      if (recording != null) {
        Path folder = Path.of(recording);
        environment.put(
            "HEADROOM_RECORDING",
            Files.isDirectory(folder) ? folder.toAbsolutePath().toString() : recording);
      }
      if (kill != null) {
        environment.put("HEADROOM_KILL", kill);
      }
      if (url != null) {
        environment.put("HEADROOM_DB_URL", url);
      }
      return environment;
    }
  }

  /** {@code headroom notebook list}. */
  @Command(
      name = "list",
      mixinStandardHelpOptions = true,
      description = "Shows which notebooks there are.")
  static final class ListNotebooks implements Callable<Integer> {

    private final Terminal terminal;

    ListNotebooks(Terminal terminal) {
      this.terminal = terminal;
    }

    @Override
    public Integer call() {
      Notebook.list().forEach(each -> terminal.print(each.name() + "  " + each.title()));
      return ExitCode.OK;
    }
  }

  /** {@code headroom notebook run}. */
  @Command(
      name = "run",
      mixinStandardHelpOptions = true,
      sortOptions = false,
      description = {
        "Runs notebooks from top to bottom without a browser.",
        "Each claim of a notebook is checked in a cell: one that is not true of the recording ends it."
      },
      footer = {"", "Exit codes: 0 every cell ran, 1 a cell failed, 5 Jupyter is missing."})
  static final class Run implements Callable<Integer> {

    private final Terminal terminal;

    @Parameters(
        paramLabel = "NAME",
        arity = "0..*",
        description = "Which, by name or file. Default: all.")
    private List<String> names = List.of();

    @Option(
        names = "--output",
        paramLabel = "FOLDER",
        description =
            "Also keep the notebooks with their results here. Default: they are not kept.")
    private @Nullable Path output;

    @Mixin private final Subject subject = new Subject();

    Run(Terminal terminal) {
      this.terminal = terminal;
    }

    @Override
    public Integer call() {
      return execute(
          terminal, names, Jupyter.Format.NOTEBOOK, Optional.ofNullable(output), subject);
    }
  }

  /** {@code headroom notebook render}. */
  @Command(
      name = "render",
      mixinStandardHelpOptions = true,
      sortOptions = false,
      description =
          "Runs notebooks and writes each as one HTML page that loads nothing from elsewhere.",
      footer = {"", "Exit codes: 0 every cell ran, 1 a cell failed, 5 Jupyter is missing."})
  static final class Render implements Callable<Integer> {

    private final Terminal terminal;

    @Parameters(
        paramLabel = "NAME",
        arity = "0..*",
        description = "Which, by name or file. Default: all.")
    private List<String> names = List.of();

    @Option(
        names = "--output",
        paramLabel = "FOLDER",
        defaultValue = "notebooks-html",
        description = "Where to write the pages. Default: ${DEFAULT-VALUE}.")
    private Path output = Path.of("");

    @Mixin private final Subject subject = new Subject();

    Render(Terminal terminal) {
      this.terminal = terminal;
    }

    @Override
    public Integer call() {
      return execute(terminal, names, Jupyter.Format.HTML, Optional.of(output), subject);
    }
  }

  /** {@code headroom notebook open}. */
  @Command(
      name = "open",
      mixinStandardHelpOptions = true,
      sortOptions = false,
      description = {
        "Serves copies of the notebooks to a browser on this machine until Ctrl-C, and prints the address.",
        "A copy that is there already is yours and stays as it is."
      },
      footer = {"", "Exit codes: 0 ended by Ctrl-C or SIGTERM, 5 Jupyter is missing."})
  static final class Open implements Callable<Integer> {

    private final Terminal terminal;

    @Option(
        names = "--output",
        paramLabel = "FOLDER",
        description = "Where the copies are. Default: `notebooks` in Headroom's home.")
    private @Nullable Path output;

    @Mixin private final Subject subject = new Subject();

    Open(Terminal terminal) {
      this.terminal = terminal;
    }

    @Override
    public Integer call() throws InterruptedException {
      Path folder =
          output == null
              ? HeadroomHome.locate(System.getenv()).directory().resolve("notebooks")
              : output;
      try (Jupyter jupyter = Jupyter.find(Jupyter.SERVER, subject.environment())) {
        copyMissing(folder);
        String address = jupyter.serve(folder);
        terminal.print(address);
        terminal.say("the notebooks in " + folder + " are served to this machine; Ctrl-C ends it");
        return jupyter.waitForEnd();
      } catch (IOException e) {
        throw CommandFailure.ofFile(
            ExitCode.UNAVAILABLE, "cannot open the notebooks in " + folder, e);
      }
    }

    private static void copyMissing(Path folder) throws IOException {
      Files.createDirectories(folder);
      for (Notebook each : Notebook.list()) {
        Path copy = folder.resolve(each.file().getFileName().toString());
        if (!Files.exists(copy)) {
          Files.copy(each.file(), copy);
        }
      }
    }
  }

  private static int execute(
      Terminal terminal,
      List<String> names,
      Jupyter.Format format,
      Optional<Path> output,
      Subject subject) {
    List<Notebook> notebooks =
        names.isEmpty() ? Notebook.list() : names.stream().map(Notebook::find).toList();
    int failed = 0;
    try (Jupyter jupyter = Jupyter.find(Jupyter.CONVERTER, subject.environment())) {
      for (Notebook each : notebooks) {
        long began = System.nanoTime();
        Jupyter.Execution execution = jupyter.execute(each.file(), format, output);
        double seconds = Duration.ofNanos(System.nanoTime() - began).toMillis() / 1000.0;
        if (execution.failure().isPresent()) {
          failed++;
          terminal.say("headroom: " + each.name() + " failed");
          terminal.say(execution.failure().get());
        } else {
          terminal.say("%s: every cell ran, %.1f s".formatted(each.name(), seconds));
          execution.file().ifPresent(file -> terminal.print(file.toString()));
        }
      }
    } catch (IOException e) {
      throw CommandFailure.ofFile(ExitCode.UNAVAILABLE, "cannot run the notebooks", e);
    }
    return failed == 0 ? ExitCode.OK : ExitCode.FAILED;
  }
}
