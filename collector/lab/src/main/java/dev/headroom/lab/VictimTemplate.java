package dev.headroom.lab;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.headroom.embedded.OsUser;
import dev.headroom.embedded.PostgresInstall;
import dev.headroom.embedded.PostgresServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A data folder that was initialised once per run; every victim starts from a copy of it.
 *
 * @param install the Postgres to run
 * @param user the user to run it as, who owns the folders
 * @param data the initialised folder
 * @param password of the user {@value Victim#USER}
 * @param guard how the victims are guarded; absent for plain ones
 */
record VictimTemplate(
    PostgresInstall install, OsUser user, Path data, String password, @Nullable LabGuard guard) {

  /**
   * Makes every child a likelier victim than the postmaster, as Postgres's documentation advises in
   * "Linux Memory Overcommit". Raising the children needs no privilege; sparing the postmaster
   * would.
   */
  private static final Map<String, String> POSTMASTER_DIES_LAST =
      Map.of("PG_OOM_ADJUST_FILE", "/proc/self/oom_score_adj", "PG_OOM_ADJUST_VALUE", "500");

  /**
   * What every victim runs with. Nothing of a victim has to outlast a power cut, so it never waits
   * for the disk; and nothing runs that a scenario did not ask for.
   */
  private static final Map<String, String> SETTINGS =
      Map.ofEntries(
          Map.entry("fsync", "off"),
          Map.entry("full_page_writes", "off"),
          Map.entry("synchronous_commit", "off"),
          Map.entry("wal_level", "minimal"),
          Map.entry("max_wal_senders", "0"),
          Map.entry("max_wal_size", "4GB"),
          Map.entry("autovacuum", "off"),
          Map.entry("huge_pages", "off"),
          Map.entry("jit", "off"),
          Map.entry("max_connections", "300"),
          Map.entry("shared_buffers", "16MB"),
          Map.entry("max_parallel_workers_per_gather", "0"),
          Map.entry("restart_after_crash", "on"),
          Map.entry("statement_timeout", "150s"),
          Map.entry("log_min_messages", "error"));

  /** Initialises the template in a run's folder. */
  static VictimTemplate create(RunFolder folder, LabConfig config) {
    Path directory = folder.directory().resolve("template");
    VictimTemplate template =
        new VictimTemplate(
            config.install(),
            OsUser.forPostgres(),
            directory.resolve("data"),
            randomPassword(),
            guard(folder, config));
    template.server(directory).initialize(Victim.USER, Optional.of(template.password()), List.of());
    return template;
  }

  private static @Nullable LabGuard guard(RunFolder folder, LabConfig config) {
    LabGuard guard = config.guard();
    return guard == null
        ? null
        : guard.withLibraries(guard.libraries().copyTo(folder.directory().resolve("guard")));
  }

  /** The server whose data lies in {@code directory/data}. */
  PostgresServer server(Path directory) {
    return new PostgresServer(
        install, directory.resolve("data"), directory.resolve("server.log"), user);
  }

  /** Copies the template's data into {@code directory/data}. */
  void copyTo(Path directory) {
    try {
      Files.createDirectories(directory);
      Process copy =
          new ProcessBuilder("cp", "-a", data.toString(), directory.toString())
              .redirectErrorStream(true)
              .start();
      String said = new String(copy.getInputStream().readAllBytes(), UTF_8);
      if (copy.waitFor() != 0) {
        throw new LabException("cannot copy %s to %s: %s".formatted(data, directory, said));
      }
    } catch (IOException e) {
      throw new LabException("cannot copy %s to %s: %s".formatted(data, directory, e), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new LabException("interrupted", e);
    }
  }

  /** Every setting of a victim; a scenario's own win. */
  Map<String, String> settings(Map<String, String> ofScenario) {
    Map<String, String> settings = new TreeMap<>(SETTINGS);
    if (install.majorVersion() >= 16) {
      // A storm of connections shall cost memory, not password hashing.
      settings.put("scram_iterations", "16");
    }
    if (install.hasTimescaledb()) {
      settings.put("shared_preload_libraries", "timescaledb");
      settings.put("timescaledb.telemetry_level", "off");
      settings.put("timescaledb.max_background_workers", "0");
    }
    settings.putAll(ofScenario);
    return guard == null ? settings : guard.addTo(settings);
  }

  /** The environment of every victim. */
  Map<String, String> environment() {
    Map<String, String> environment = new TreeMap<>(POSTMASTER_DIES_LAST);
    if (guard != null) {
      environment.putAll(guard.environment());
    }
    return environment;
  }

  private static String randomPassword() {
    byte[] bytes = new byte[12];
    new SecureRandom().nextBytes(bytes);
    return HexFormat.of().formatHex(bytes);
  }
}
