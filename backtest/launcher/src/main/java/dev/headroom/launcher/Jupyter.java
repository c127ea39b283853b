package dev.headroom.launcher;

import dev.headroom.cli.CommandFailure;
import dev.headroom.cli.ExitCode;
import java.io.File;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Jupyter with Headroom's kernel, in a folder of its own: nothing is installed for the user, and
 * nothing of the user's is read. To be closed, which ends whatever was started; a signal does the
 * same.
 */
final class Jupyter implements AutoCloseable {

  /** A program of Jupyter's and the Debian package it is in. */
  record Program(String name, String debianPackage) {}

  static final Program CONVERTER = new Program("jupyter-nbconvert", "jupyter-nbconvert");
  static final Program SERVER = new Program("jupyter-notebook", "jupyter-notebook");

  /** What a notebook that ran becomes. */
  enum Format {
    NOTEBOOK("notebook", ".ipynb"),
    HTML("html", ".html");

    private final String option;
    private final String ending;

    Format(String option, String ending) {
      this.option = option;
      this.ending = ending;
    }
  }

  /**
   * What came of running a notebook.
   *
   * @param failure the cell that failed and how; absent when all ran
   * @param file what was written; absent when a cell failed or nothing was to be kept
   */
  record Execution(Optional<String> failure, Optional<Path> file) {}

  private static final String KERNEL = "headroom";
  private static final String KERNEL_MAIN = "dev.headroom.notebook.Kernel";
  private static final String CELL_FAILED = "An error occurred while executing the following cell";
  private static final Pattern COLOUR = Pattern.compile("\u001b\\[[0-9;]*m");
  private static final int TAIL_LINES = 12;
  private static final int PATIENCE_SECONDS = 60;
  private static final int KERNEL_SECONDS = 45;
  private static final int KERNEL_STARTS = 5;
  private static final int GRACE_SECONDS = 8;
  private static final int LOOK_EVERY_MS = 100;

  private final Program program;
  private final Map<String, String> settings;
  private final Path folder;
  private final Thread onSignal;
  private @Nullable Process process;
  private boolean ended;
  private volatile boolean endsBySignal;

  private Jupyter(Program program, Map<String, String> settings, Path folder) {
    this.program = program;
    this.settings = settings;
    this.folder = folder;
    this.onSignal = new Thread(this::endBySignal, "jupyter-shutdown");
  }

  /**
   * Makes ready to start this program.
   *
   * @param settings of the environment of cells
   * @throws CommandFailure when it is not installed, or the notebooks' classes are not built
   */
  static Jupyter find(Program program, Map<String, String> settings) throws IOException {
    boolean installed =
        Stream.of(System.getenv().getOrDefault("PATH", "").split(File.pathSeparator))
            .anyMatch(folder -> Files.isExecutable(Path.of(folder, program.name())));
    if (!installed) {
      throw CommandFailure.unavailable(
          "%s is not on the PATH; as root: apt-get install --no-install-recommends %s"
              .formatted(program.name(), program.debianPackage()));
    }
    if (!Files.isDirectory(libraries())) {
      throw CommandFailure.unavailable(
          "the notebooks' classes are not in " + libraries() + "; bin/headroom builds them");
    }
    Jupyter jupyter = new Jupyter(program, settings, Files.createTempDirectory("headroom-jupyter"));
    Runtime.getRuntime().addShutdownHook(jupyter.onSignal);
    jupyter.writeKernelSpec();
    return jupyter;
  }

  private static Path libraries() {
    return Notebook.folder().resolve("target").resolve("lib");
  }

  private void writeKernelSpec() throws IOException {
    Path kernel = Files.createDirectories(folder.resolve("kernels").resolve(KERNEL));
    List<String> command =
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-ea",
            "-XX:+UseSerialGC",
            // Cells are compiled once and run once: a quick compiler halves the wait.
            "-XX:TieredStopAtLevel=1",
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow",
            "-Dheadroom.root=" + Notebook.folder().getParent(),
            "-cp",
            libraries() + File.separator + "*",
            KERNEL_MAIN,
            "{connection_file}");
    Files.writeString(
        kernel.resolve("kernel.json"),
        JsonMapper.shared()
            .writeValueAsString(
                Map.of(
                    "argv",
                    command,
                    "display_name",
                    "Headroom (Java)",
                    "language",
                    "java",
                    "interrupt_mode",
                    "message")));
  }

  /**
   * Runs a notebook from top to bottom.
   *
   * @param output where to keep what comes of it; absent to keep nothing
   */
  Execution execute(Path notebook, Format format, Optional<Path> output) throws IOException {
    Path target = output.orElse(folder.resolve("out")).toAbsolutePath();
    Files.createDirectories(target);
    List<String> arguments =
        List.of(
            "--to=" + format.option,
            "--execute",
            "--ExecutePreprocessor.kernel_name=" + KERNEL,
            "--ExecutePreprocessor.startup_timeout=" + KERNEL_SECONDS,
            "--ExecutePreprocessor.timeout=-1",
            "--TemplateExporter.extra_template_basedirs=" + Notebook.folder().resolve("template"),
            format == Format.HTML ? "--template=headroom" : "--log-level=WARN",
            "--output-dir=" + target,
            notebook.toString());
    Optional<String> log = failureOf(arguments);
    for (int again = 1;
        again < KERNEL_STARTS && log.filter(Jupyter::isWithoutKernel).isPresent();
        again++) {
      log = failureOf(arguments);
    }
    if (log.isPresent()) {
      return new Execution(log.map(Jupyter::failure), Optional.empty());
    }
    String name = notebook.getFileName().toString().replaceFirst("\\.ipynb$", format.ending);
    return new Execution(Optional.empty(), output.map(_ -> target.resolve(name)));
  }

  /** What the program said when it failed; empty when it did not. */
  private Optional<String> failureOf(List<String> arguments) throws IOException {
    Path log = folder.resolve("log");
    start(log, arguments);
    return waitFor() == 0 ? Optional.empty() : Optional.of(Files.readString(log));
  }

  /**
   * On a busy machine about one start in ten fails, for the reason that the kernel's class gives.
   */
  private static boolean isWithoutKernel(String log) {
    return log.contains("Kernel didn't respond") || log.contains("Kernel died before replying");
  }

  /**
   * Starts the server on a free port of the loopback.
   *
   * @return its address, with the token that it asks for
   */
  String serve(Path notebooks) throws IOException, InterruptedException {
    endsBySignal = true;
    Path log = folder.resolve("log");
    start(
        log,
        List.of(
            "--ip=127.0.0.1",
            "--no-browser",
            "--allow-root",
            "--KernelSpecManager.allowed_kernelspecs={'" + KERNEL + "'}",
            "--KernelSpecManager.ensure_native_kernel=False",
            "--notebook-dir=" + notebooks.toAbsolutePath()));
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
    while (running().isAlive() && System.nanoTime() < deadline) {
      Optional<String> address = findAddress();
      if (address.isPresent()) {
        return address.get();
      }
      TimeUnit.MILLISECONDS.sleep(LOOK_EVERY_MS);
    }
    throw CommandFailure.unavailable(
        program.name() + " does not answer: " + failure(Files.readString(log)));
  }

  private Optional<String> findAddress() throws IOException {
    Path file = runtime().resolve("nbserver-" + running().pid() + ".json");
    if (!Files.isReadable(file)) {
      return Optional.empty();
    }
    String text = Files.readString(file);
    if (!text.endsWith("}")) { // it is being written
      return Optional.empty();
    }
    JsonNode server = JsonMapper.shared().readTree(text);
    return Optional.of(
        "http://127.0.0.1:%d%s?token=%s"
            .formatted(
                server.path("port").asInt(),
                server.path("base_url").asString("/"),
                server.path("token").asString("")));
  }

  /** Waits until the server ends by itself, and gives its exit code. */
  int waitForEnd() {
    return waitFor() == 0 ? ExitCode.OK : ExitCode.FAILED;
  }

  private void start(Path log, List<String> arguments) throws IOException {
    List<String> command = new ArrayList<>();
    // In a session of its own, so that Ctrl-C reaches this program alone, which then ends it.
    command.add("setsid");
    command.add(program.name());
    command.addAll(arguments);
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .redirectInput(ProcessBuilder.Redirect.from(new File("/dev/null")));
    Map<String, String> environment = builder.environment();
    environment.putAll(settings);
    environment.put("JUPYTER_PATH", folder.toString());
    environment.put("JUPYTER_CONFIG_DIR", folder.resolve("config").toString());
    environment.put("JUPYTER_DATA_DIR", folder.resolve("data").toString());
    environment.put("JUPYTER_RUNTIME_DIR", runtime().toString());
    environment.put("IPYTHONDIR", folder.resolve("ipython").toString());
    environment.put("PYTHONWARNINGS", "ignore");
    synchronized (this) {
      if (ended) {
        throw new CommandFailure(ExitCode.CANCELLED, "interrupted");
      }
      process = builder.start();
    }
  }

  private Path runtime() {
    return folder.resolve("runtime");
  }

  private synchronized Process running() {
    if (process == null) {
      throw new IllegalStateException("nothing was started");
    }
    return process;
  }

  private int waitFor() {
    try {
      int exitCode = running().waitFor();
      return wasEnded() ? endedExitCode() : exitCode;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CommandFailure(ExitCode.CANCELLED, "interrupted", e);
    }
  }

  private synchronized boolean wasEnded() {
    return ended;
  }

  private int endedExitCode() {
    if (endsBySignal) {
      return ExitCode.OK;
    }
    throw new CommandFailure(ExitCode.CANCELLED, "interrupted");
  }

  /** The cell and its error where one failed, else the last that the program said. */
  private static String failure(String log) {
    String text = COLOUR.matcher(log).replaceAll("");
    int cell = text.lastIndexOf(CELL_FAILED);
    if (cell >= 0) {
      return text.substring(cell).strip();
    }
    List<String> lines = text.lines().toList();
    return String.join("\n", lines.subList(Math.max(0, lines.size() - TAIL_LINES), lines.size()));
  }

  @Override
  public void close() {
    end();
    try {
      Runtime.getRuntime().removeShutdownHook(onSignal);
    } catch (IllegalStateException alreadyEnding) {
      // The hook does the same.
    }
  }

  private void endBySignal() {
    end();
    if (endsBySignal) {
      // A signal is how a server is meant to end; the JVM would call that a failure.
      Runtime.getRuntime().halt(ExitCode.OK);
    }
  }

  /** Ends the program and the kernels it started, then removes the folder. */
  private synchronized void end() {
    ended = true;
    Process started = process;
    if (started != null) {
      List<ProcessHandle> all = new ArrayList<>(started.descendants().toList());
      all.add(started.toHandle());
      started.destroy();
      try {
        started.waitFor(GRACE_SECONDS, TimeUnit.SECONDS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      // A kernel outlives a converter that is told to end.
      all.forEach(ProcessHandle::destroyForcibly);
    }
    deleteFolder();
  }

  private void deleteFolder() {
    try {
      Files.walkFileTree(
          folder,
          new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
                throws IOException {
              Files.deleteIfExists(file);
              return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path directory, @Nullable IOException failure)
                throws IOException {
              Files.deleteIfExists(directory);
              return FileVisitResult.CONTINUE;
            }
          });
    } catch (IOException leftBehind) {
      // A folder in the machine's temporary one is not worth failing for.
    }
  }
}
