package dev.headroom.launcher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.headroom.cli.ExitCode;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What only a process of its own can show: its exit code after a signal, and what it leaves. */
@Timeout(180)
final class HeadroomProcessTest {

  private static final int WAIT_SECONDS = 90;

  @TempDir private Path temporary;
  private Path passing = Path.of("");
  private Path unwritableHome = Path.of("");

  @BeforeEach
  void makeHome() throws IOException {
    passing = Files.createDirectory(temporary.resolve("passing"));
    unwritableHome = Files.createDirectory(temporary.resolve("home"));
    // A file where the folder should be keeps root out, too.
    Files.writeString(unwritableHome.resolve("cache"), "in the way");
  }

  @Test
  void withoutAPlaceForTheCache_itReplaysAllTheSame_andLeavesNothing() throws Exception {
    Path recording = TinyRecording.write(temporary.resolve("tiny"));
    Running run =
        start("backtest", "run", "-f", "mine: 600MiB", "--no-save", "--recording", "" + recording);

    assertThat(run.exitCode()).as(run.err()).isEqualTo(ExitCode.OK);
    assertThat(run.out()).contains("| mine | 1/1 ");
    assertThat(run.err())
        .contains(
            "cannot write to " + unwritableHome.resolve("cache").resolve("recordings"),
            "what is read now is not kept for the next time");
    assertThat(passingFolders()).isEmpty();
  }

  @Test
  void theCacheCommand_saysThatThereIsNone() throws Exception {
    Running clear = start("backtest", "cache", "--clear");

    assertThat(clear.exitCode()).as(clear.err()).isEqualTo(ExitCode.UNAVAILABLE);
    assertThat(clear.err()).contains("cannot make the cache in", "set HEADROOM_HOME");
  }

  @Test
  void anInterruptedRun_endsWithItsOwnExitCode_andLeavesNothing() throws Exception {
    Path fleet = temporary.resolve("fleet");
    CommandRun.piped(
            "backtest", "generate", "--instances", "16", "--days", "0.2", "--out", "" + fleet)
        .exits(ExitCode.OK);
    Running run = start("backtest", "run", "--library", "--no-save", "--recording", "" + fleet);
    await()
        .atMost(Duration.ofSeconds(WAIT_SECONDS))
        .until(() -> !filesIn(passingFolders()).isEmpty());

    new ProcessBuilder("kill", "-INT", String.valueOf(run.process.pid())).start().waitFor();

    assertThat(run.exitCode()).as(run.err()).isEqualTo(ExitCode.CANCELLED);
    assertThat(run.out()).isEmpty();
    assertThat(passingFolders()).isEmpty();
  }

  @Test
  void theWebProcess_servesAndLeads_untilItIsToldToStop() throws Exception {
    try (EmbeddedPostgres server =
        EmbeddedPostgres.builder().setServerConfig("fsync", "off").start()) {
      String database = "--db-url=" + server.getJdbcUrl("postgres", "postgres");
      CommandRun.piped("db", "migrate", database).exits(ExitCode.OK);
      Running web = start("web", "--port", "0", database);
      try {
        await().atMost(Duration.ofSeconds(WAIT_SECONDS)).until(() -> web.out().endsWith("\n"));
        URI address = URI.create(web.out().strip());
        assertThat(answer(HttpRequest.newBuilder(address.resolve("/healthz"))).statusCode())
            .isEqualTo(200);
        assertThat(flags(address)).contains("headroom.guard.mode").doesNotContain("DISABLED");
        await()
            .atMost(Duration.ofSeconds(WAIT_SECONDS))
            .untilAsserted(() ->
                assertThat(
                        CommandRun.piped("rollout", "watch", "--once", database)
                            .exits(ExitCode.UNAVAILABLE)
                            .err())
                    .contains("another process looks after the rollouts"));

        CommandRun.piped("stop-all", "--reason", "a test", database).exits(ExitCode.OK);
        await()
            .atMost(Duration.ofSeconds(WAIT_SECONDS))
            .untilAsserted(() -> assertThat(flags(address)).contains("DISABLED"));
        CommandRun.piped("stop-all", "--lift", "--reason", "it is over", database)
            .exits(ExitCode.OK);
        await()
            .atMost(Duration.ofSeconds(WAIT_SECONDS))
            .untilAsserted(() -> assertThat(flags(address)).doesNotContain("DISABLED"));
        new ProcessBuilder("kill", "-TERM", String.valueOf(web.process.pid())).start().waitFor();
        assertThat(web.exitCode()).as(web.err()).isEqualTo(ExitCode.OK);
      } finally {
        web.process.destroyForcibly();
      }
      assertThat(web.err()).contains("the dashboard stopped").doesNotContain("Exception");
      CommandRun.piped("rollout", "watch", "--once", database).exits(ExitCode.OK);
    }
  }

  private static String flags(URI address) throws IOException, InterruptedException {
    HttpResponse<String> answer =
        answer(
            HttpRequest.newBuilder(address.resolve("/ofrep/v1/evaluate/flags"))
                .header("Content-Type", "application/json")
                .POST(
                    HttpRequest.BodyPublishers.ofString(
                        "{\"context\": {\"targetingKey\": \"0a31584b-53e7-3631-9c22-2cbbe0e49655\"}}")));
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    return answer.body();
  }

  private static HttpResponse<String> answer(HttpRequest.Builder request)
      throws IOException, InterruptedException {
    try (HttpClient client = HttpClient.newHttpClient()) {
      return client.send(
          request.timeout(Duration.ofSeconds(WAIT_SECONDS)).build(),
          HttpResponse.BodyHandlers.ofString());
    }
  }

  private List<Path> passingFolders() throws IOException {
    try (Stream<Path> all = Files.list(passing)) {
      return all.filter(each -> each.getFileName().toString().startsWith("headroom-cache"))
          .toList();
    }
  }

  private static List<Path> filesIn(List<Path> folders) throws IOException {
    List<Path> files = new ArrayList<>();
    for (Path folder : folders) {
      try (Stream<Path> all = Files.list(folder)) {
        all.forEach(files::add);
      }
    }
    return files;
  }

  private Running start(String... args) throws IOException {
    List<String> command = new ArrayList<>();
    // Whoever runs tests in the background may have them ignore Ctrl-C, and children inherit that.
    command.addAll(List.of("env", "--default-signal=INT"));
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of(
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow",
            "-Djava.io.tmpdir=" + passing,
            "-cp",
            System.getProperty("java.class.path"),
            Headroom.class.getName()));
    command.addAll(List.of(args));
    Path out = temporary.resolve("out");
    Path err = temporary.resolve("err");
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectOutput(out.toFile()).redirectError(err.toFile());
    builder.environment().put("HEADROOM_HOME", unwritableHome.toString());
    return new Running(builder.start(), out, err);
  }

  private record Running(Process process, Path stdout, Path stderr) {
    int exitCode() throws InterruptedException {
      try {
        assertThat(process.waitFor(WAIT_SECONDS, TimeUnit.SECONDS)).as("it ends").isTrue();
        return process.exitValue();
      } finally {
        process.destroyForcibly();
      }
    }

    String out() throws IOException {
      return Files.readString(stdout);
    }

    String err() throws IOException {
      return Files.readString(stderr);
    }
  }
}
