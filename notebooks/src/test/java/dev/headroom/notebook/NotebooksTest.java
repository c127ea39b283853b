package dev.headroom.notebook;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.headroom.embedded.DebianTimescaleInstaller;
import dev.headroom.embedded.HeadroomHome;
import dev.headroom.embedded.OsUser;
import dev.headroom.embedded.PostgresServer;
import dev.headroom.embedded.ServerOptions;
import dev.headroom.embedded.ServerStatus;
import dev.headroom.embedded.StopMode;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The notebooks run headless, say what the commands say, and leave nothing behind. */
@Timeout(600)
final class NotebooksTest {

  private static final Path NOTEBOOKS = HeadroomCommand.ROOT.resolve("notebooks");
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  /** What a browser would fetch by itself. */
  private static final Pattern LOAD =
      Pattern.compile(
          "(?i)<(?:script|iframe|object|embed|img|link)\\b[^>]*?(?:src|href|data)\\s*=\\s*\"(?!data:)[^\"]*\"|<script|@import|url\\(");

  @TempDir private Path temporary;

  static List<Path> committed() throws IOException {
    try (Stream<Path> files = Files.list(NOTEBOOKS)) {
      return files.filter(file -> file.toString().endsWith(".ipynb")).sorted().toList();
    }
  }

  @ParameterizedTest
  @MethodSource("committed")
  void aCommittedNotebook_isValid_andHasNoResults(Path file) throws Exception {
    JsonNode notebook = JsonMapper.shared().readTree(Files.readString(file));

    assertThat(notebook.path("nbformat").asInt()).isEqualTo(4);
    assertThat(notebook.path("metadata").path("kernelspec").path("name").asString())
        .isEqualTo("headroom");
    assertThat(notebook.path("metadata").path("title").asString()).isNotBlank();
    for (JsonNode cell : notebook.path("cells")) {
      if (cell.path("cell_type").asString().equals("code")) {
        assertThat(cell.path("outputs").size()).isZero();
        assertThat(cell.path("execution_count").isNull()).isTrue();
      }
    }
    requireProgram("jupyter-nbconvert");
    Process valid =
        new ProcessBuilder(
                "/usr/bin/python3",
                "-c",
                "import nbformat, sys; nbformat.validate(nbformat.read(sys.argv[1], 4))",
                file.toString())
            .redirectErrorStream(true)
            .start();
    String said = new String(valid.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(valid.waitFor()).as(said).isZero();
  }

  @Test
  void all_areRendered_andSayWhatTheCommandsSay() throws Exception {
    requireProgram("jupyter-nbconvert");
    Path pages = temporary.resolve("pages");

    HeadroomCommand render =
        HeadroomCommand.run(temporary, 0, "notebook", "render", "--output", pages.toString());

    assertThat(render.out().lines())
        .containsExactlyElementsOf(
            committed().stream()
                .map(file -> pages.resolve(nameOf(file) + ".html").toString())
                .toList());
    for (Path file : committed()) {
      String page = Files.readString(pages.resolve(nameOf(file) + ".html"));
      assertThat(LOAD.matcher(page).results().map(load -> load.group()).toList()).isEmpty();
      assertThat(page).contains("<svg role=\"img\"", "<caption>").doesNotContain("class=\"error\"");
    }
    JsonNode shown = json("recording", "show", "lab-corpus", "--json").path("instances");
    long kills = 0;
    for (JsonNode instance : shown) {
      kills += instance.path("kills").asLong();
    }
    String comparing = Files.readString(pages.resolve("comparing-formulas.html"));
    assertThat(kills).isPositive();
    assertThat(comparing)
        .contains("Recording <strong>lab-corpus</strong>", ", " + kills + " kills (");
    assertThat(Files.readString(pages.resolve("is-my-recording-good-enough.html")))
        .contains("<strong>" + kills + " of " + kills + "</strong> kills have a sample near them");
    JsonNode run =
        json(
            "backtest",
            "run",
            "--library",
            "--against",
            "talk",
            "--recording",
            "lab-corpus",
            "--no-save",
            "--json");
    for (JsonNode policy : run.path("policies")) {
      if (policy.path("kind").asString().equals("candidate")) {
        String row =
            "<tr><td>%s</td><td class=\"number\">%d</td>"
                .formatted(
                    policy.path("name").asString(), policy.path("kills").path("prevented").asInt());
        assertThat(comparing).as(policy.path("name").asString()).contains(row);
        assertThat(rowOf(comparing, row))
            .contains(
                "<td>"
                    + policy.path("verdict").path("outcome").asString().replace('_', ' ')
                    + "</td>");
      }
    }
  }

  @Test
  void aRecordingInTimescale_isAlsoAskedInSql() throws Exception {
    requireProgram("jupyter-nbconvert");
    DebianTimescaleInstaller installer =
        new DebianTimescaleInstaller(HeadroomHome.locate(System.getenv()));
    assumeTrue(
        installer.find().isPresent() || installer.listObstacles().isEmpty(),
        () -> "no private TimescaleDB here: " + installer.listObstacles());
    Path folder = Files.createTempDirectory("headroom-notebooks-test");
    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
    PostgresServer server =
        new PostgresServer(
            installer.install(_ -> {}),
            folder.resolve("data"),
            folder.resolve("server.log"),
            OsUser.forPostgres());
    try {
      server.initialize("postgres", Optional.empty(), List.of());
      ServerStatus.Running running =
          server.start(
              ServerOptions.defaults()
                  .withSettings(Map.of("shared_preload_libraries", "timescaledb", "fsync", "off")));
      Map<String, String> database =
          Map.of(
              "HEADROOM_DB_URL", "postgresql://postgres@127.0.0.1:" + running.port() + "/postgres");
      Path named = renamed("lab-guard", "in-timescale");
      HeadroomCommand.run(temporary, database, 0, "db", "migrate");
      HeadroomCommand.run(temporary, database, 0, "recording", "import", named.toString());

      HeadroomCommand.run(
          temporary,
          database,
          0,
          "notebook",
          "render",
          "anatomy-of-a-kill",
          "is-my-recording-good-enough",
          "--recording",
          "in-timescale",
          "--output",
          temporary.resolve("pages").toString());

      assertThat(Files.readString(temporary.resolve("pages/anatomy-of-a-kill.html")))
          .contains("<caption>The same kills, asked in SQL</caption>");
      assertThat(Files.readString(temporary.resolve("pages/is-my-recording-good-enough.html")))
          .contains(
              "<caption>What the collector said of itself in that time</caption>",
              "precision 44/44, recall 44/45");
    } finally {
      server.stop(StopMode.IMMEDIATE, Duration.ofSeconds(30));
      delete(folder);
    }
  }

  @Test
  void aCellThatFails_failsTheCommand_andIsShown() throws Exception {
    requireProgram("jupyter-nbconvert");
    Path untrue =
        notebook("untrue", "var kills = 2;", "assert kills == 3 : \"there are \" + kills;");

    HeadroomCommand run = HeadroomCommand.run(temporary, 1, "notebook", "run", untrue.toString());

    assertThat(run.err())
        .contains("headroom: untrue failed", "assert kills == 3", "there are 2")
        .doesNotContain("Traceback", "\u001b");
    assertThat(leftBehind()).isEmpty();
  }

  @Test
  void ctrlC_endsTheKernelToo() throws Exception {
    requireProgram("jupyter-nbconvert");
    Path endless = notebook("endless", "Thread.sleep(600_000);");
    try (HeadroomCommand run =
        HeadroomCommand.start(temporary, Map.of(), "notebook", "run", endless.toString())) {
      await().atMost(PATIENCE).until(() -> kernelOf(run).isPresent());
      List<ProcessHandle> started = run.process().descendants().toList();

      run.signal("INT");

      assertThat(run.exitCode()).as(run.err()).isEqualTo(130);
      await().atMost(PATIENCE).until(() -> started.stream().noneMatch(ProcessHandle::isAlive));
    }
    assertThat(leftBehind()).isEmpty();
  }

  @Test
  void open_servesCopiesOnTheLoopback_untilItIsToldToStop() throws Exception {
    requireProgram("jupyter-notebook");
    Path copies = temporary.resolve("copies");
    List<ProcessHandle> started;
    try (HeadroomCommand open =
        HeadroomCommand.start(
            temporary, Map.of(), "notebook", "open", "--output", copies.toString())) {
      await().atMost(PATIENCE).until(() -> open.out().endsWith("\n") || !open.process().isAlive());
      assertThat(open.out()).as(open.err()).startsWith("http://127.0.0.1:");
      URI address = URI.create(open.out().strip());

      JsonNode kernels = get(address, "/api/kernelspecs").path("kernelspecs");
      assertThat(kernels.propertyNames()).containsExactly("headroom");
      assertThat(get(address, "/api/contents").path("content").size())
          .isEqualTo(committed().size());
      assertThat(answersElsewhere(address.getPort())).isFalse();
      started = open.process().descendants().toList();
      open.signal("INT");
      assertThat(open.exitCode()).as(open.err()).isZero();
    }
    await().atMost(PATIENCE).until(() -> started.stream().noneMatch(ProcessHandle::isAlive));
    assertThat(leftBehind()).isEmpty();
  }

  @Test
  void withoutJupyter_itSaysWhatToInstall() throws Exception {
    HeadroomCommand run =
        HeadroomCommand.run(temporary, Map.of("PATH", temporary.toString()), 5, "notebook", "run");

    assertThat(run.err())
        .contains(
            "jupyter-nbconvert is not on the PATH; as root: apt-get install --no-install-recommends jupyter-nbconvert");
  }

  @Test
  void anUnknownName_isToldTheNamesThereAre() throws Exception {
    HeadroomCommand run = HeadroomCommand.run(temporary, 2, "notebook", "run", "anatomy");

    assertThat(run.err()).contains("no notebook is named 'anatomy'; there are anatomy-of-a-kill, ");
  }

  @Test
  void list_showsNamesAndTitles() throws Exception {
    assertThat(HeadroomCommand.run(temporary, 0, "notebook", "list").out().lines())
        .hasSize(committed().size())
        .contains("anatomy-of-a-kill  Anatomy of a kill");
  }

  private static void requireProgram(String name) {
    assumeTrue(
        Stream.of(System.getenv("PATH").split(":"))
            .anyMatch(folder -> Files.isExecutable(Path.of(folder, name))),
        () -> name + " is missing: apt-get install --no-install-recommends " + name);
  }

  private static String nameOf(Path file) {
    return file.getFileName().toString().replace(".ipynb", "");
  }

  private static String rowOf(String page, String start) {
    int at = page.indexOf(start);
    return page.substring(at, page.indexOf("</tr>", at));
  }

  private JsonNode json(String... arguments) throws Exception {
    return JsonMapper.shared().readTree(HeadroomCommand.run(temporary, 0, arguments).out());
  }

  /** A notebook of these cells, which say nothing that JSON would have to escape but quotes. */
  private Path notebook(String name, String... cells) throws IOException {
    String code =
        IntStream.range(0, cells.length)
            .mapToObj(i ->
                """
                {"cell_type": "code", "id": "cell-%d", "execution_count": null, "metadata": {},
                 "outputs": [], "source": "%s"}\
                """
                    .formatted(i, cells[i].replace("\"", "\\\"")))
            .collect(Collectors.joining(",\n"));
    return Files.writeString(
        temporary.resolve(name + ".ipynb"),
        "{\"cells\": [%s], \"metadata\": {}, \"nbformat\": 4, \"nbformat_minor\": 5}"
            .formatted(code));
  }

  /** A recording of the corpus under another name, which only a database can then have. */
  private Path renamed(String corpus, String name) throws IOException {
    Path copy = Files.createDirectory(temporary.resolve(name));
    try (Stream<Path> files =
        Files.list(HeadroomCommand.ROOT.resolve("backtest/corpus").resolve(corpus))) {
      for (Path file : files.toList()) {
        Files.copy(file, copy.resolve(file.getFileName()));
      }
    }
    Path manifest = copy.resolve("manifest.json");
    Files.writeString(
        manifest, Files.readString(manifest).replace("\"" + corpus + "\"", "\"" + name + "\""));
    return copy;
  }

  private static Optional<ProcessHandle> kernelOf(HeadroomCommand command) {
    return command
        .process()
        .descendants()
        .filter(each ->
            each.info()
                    .commandLine()
                    .filter(line -> line.contains(Kernel.class.getName()))
                    .isPresent()
                && each.info().command().filter(name -> name.endsWith("java")).isPresent())
        .findFirst();
  }

  private List<Path> leftBehind() throws IOException {
    try (Stream<Path> files = Files.list(temporary)) {
      return files
          .filter(file -> file.getFileName().toString().startsWith("headroom-jupyter"))
          .toList();
    }
  }

  private static JsonNode get(URI address, String path) throws Exception {
    try (HttpClient client = HttpClient.newHttpClient()) {
      HttpResponse<String> answer =
          client.send(
              HttpRequest.newBuilder(address.resolve(path + "?" + address.getQuery())).build(),
              HttpResponse.BodyHandlers.ofString());
      assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
      return JsonMapper.shared().readTree(answer.body());
    }
  }

  /** Whether another address of this machine answers on the port. */
  private static boolean answersElsewhere(int port) throws IOException {
    InetAddress other = InetAddress.getLocalHost();
    if (other.isLoopbackAddress()) {
      other = InetAddress.getByName("127.0.0.2");
    }
    try (Socket socket = new Socket()) {
      socket.connect(new InetSocketAddress(other, port), (int) PATIENCE.toMillis());
      return true;
    } catch (ConnectException refused) {
      return false;
    }
  }

  private static void delete(Path folder) throws IOException {
    try (Stream<Path> paths = Files.walk(folder)) {
      for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    }
  }
}
