package dev.headroom.launcher;

import dev.headroom.cli.OpenDatabase;
import dev.headroom.embedded.DatabaseLocation;
import dev.headroom.embedded.HeadroomDatabase;
import dev.headroom.embedded.HeadroomHome;
import dev.headroom.lab.LabException;
import dev.headroom.lab.OwnProcess;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The dashboard that a demo leaves running: a {@code headroom web} in a session of its own, which
 * ends by itself and takes the database with it if the demo had started that. A home has one at
 * most; its file there says which process it is.
 */
final class DemoDashboard {

  private static final Duration READY_WITHIN = Duration.ofMinutes(2);
  private static final int OK = 200;

  private final HeadroomHome home;
  private final HeadroomDatabase database;

  /**
   * @param home whose dashboard it is
   * @param database that it shows
   */
  DemoDashboard(HeadroomHome home, HeadroomDatabase database) {
    this.home = home;
    this.database = database;
  }

  /**
   * One that answers.
   *
   * @param url without a slash at its end
   * @param pid of its process
   * @param endsAt when it ends by itself
   */
  record Running(String url, long pid, Instant endsAt) {

    /** For {@code --json}. */
    Map<String, @Nullable Object> asMap() {
      Map<String, @Nullable Object> fields = new LinkedHashMap<>();
      fields.put("url", url);
      fields.put("pid", pid);
      fields.put("ends_at", endsAt.toString());
      return fields;
    }
  }

  /** Where it says what goes wrong. */
  Path log() {
    return home.directory().resolve("dashboard.log");
  }

  /**
   * Starts it on a free port of the loopback, and waits until it answers.
   *
   * @param open the same database
   * @param lifetime after which it ends by itself
   * @param ownsDatabase whether it stops the database when it ends
   * @param end of the work that leaves it
   * @throws LabException when it does not answer within two minutes; nothing of it runs then
   */
  Running start(OpenDatabase open, Duration lifetime, boolean ownsDatabase, OrderlyEnd end) {
    Instant endsAt = Instant.now().plus(lifetime);
    Process process = launch(open, lifetime, ownsDatabase);
    try {
      OwnProcess own =
          OwnProcess.find(process.pid())
              .orElseThrow(() -> new LabException("the dashboard ended at once; see " + log()));
      write(own, ownsDatabase);
      return new Running(awaitReady(process), process.pid(), endsAt);
    } catch (RuntimeException e) {
      end.undo(() -> {
        process.destroy();
        process.onExit().join();
        forget();
      });
      throw e;
    }
  }

  /**
   * Stops the one that an earlier demo left, and the database if that one was to stop it.
   *
   * @return whether one was running
   */
  boolean stop() {
    Optional<JsonNode> noted = read();
    if (noted.isEmpty()) {
      return false;
    }
    OwnProcess process =
        OwnProcess.of(noted.get().path("pid").asLong(0), noted.get().path("start_ticks").asLong(0));
    boolean running = process.isAlive();
    process.end();
    // It has done so itself, unless it was killed.
    if (noted.get().path("owns_database").asBoolean(false)) {
      database.stop();
    }
    forget();
    return running;
  }

  private Process launch(OpenDatabase open, Duration lifetime, boolean ownsDatabase) {
    List<String> command = new ArrayList<>(List.of("setsid"));
    command.addAll(OwnProgram.command("web", "--port", "0", "--for", lifetime.toSeconds() + "s"));
    if (ownsDatabase) {
      command.add("--stop-database");
    }
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectInput(Path.of("/dev/null").toFile())
            .redirectOutput(log().toFile());
    builder.environment().put("HEADROOM_HOME", home.directory().toString());
    if (database.location() instanceof DatabaseLocation.UrlGiven) {
      // It may hold a password, and everybody sees the arguments of a process.
      builder.environment().put("HEADROOM_DB_URL", open.url().jdbc());
    }
    try {
      return builder.start();
    } catch (IOException e) {
      throw new LabException("the dashboard cannot be started: " + e.getMessage(), e);
    }
  }

  /** Its address, once it answers that it is ready. */
  private String awaitReady(Process process) {
    long deadline = System.nanoTime() + READY_WITHIN.toNanos();
    try (HttpClient client = HttpClient.newHttpClient()) {
      while (true) {
        Optional<String> url = findUrl();
        if (url.isPresent() && isReady(client, url.get())) {
          return url.get();
        }
        if (!process.isAlive()) {
          throw new LabException("the dashboard ended instead of answering; see " + log());
        }
        if (System.nanoTime() > deadline) {
          throw new LabException(
              "the dashboard did not answer within %d s; see %s"
                  .formatted(READY_WITHIN.toSeconds(), log()));
        }
        Thread.sleep(50);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new LabException("interrupted", e);
    }
  }

  private static boolean isReady(HttpClient client, String url) throws InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(url + "/readyz")).timeout(READY_WITHIN).build();
    try {
      return client.send(request, HttpResponse.BodyHandlers.discarding()).statusCode() == OK;
    } catch (IOException notYet) {
      return false;
    }
  }

  /** The one line that it prints as its result. */
  private Optional<String> findUrl() {
    try {
      return Files.readString(log()).lines().filter(line -> line.startsWith("http://")).findFirst();
    } catch (IOException e) {
      throw new LabException("cannot read %s: %s".formatted(log(), e.getMessage()), e);
    }
  }

  private Path file() {
    return home.directory().resolve("dashboard.json");
  }

  private void write(OwnProcess process, boolean ownsDatabase) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("pid", process.pid());
    fields.put("start_ticks", process.startTicks());
    fields.put("owns_database", ownsDatabase);
    Path unfinished = home.directory().resolve("dashboard.json.new");
    try {
      Files.writeString(unfinished, JsonMapper.shared().writeValueAsString(fields));
      Files.move(unfinished, file(), StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw new LabException("cannot write %s: %s".formatted(file(), e.getMessage()), e);
    }
  }

  private Optional<JsonNode> read() {
    try {
      return Files.exists(file())
          ? Optional.of(JsonMapper.shared().readTree(Files.readString(file())))
          : Optional.empty();
    } catch (IOException | JacksonException e) {
      throw new LabException(
          "cannot read %s: %s; delete it if no dashboard runs".formatted(file(), e.getMessage()),
          e);
    }
  }

  private void forget() {
    try {
      Files.deleteIfExists(file());
    } catch (IOException e) {
      throw new LabException("cannot delete %s: %s".formatted(file(), e.getMessage()), e);
    }
  }
}
