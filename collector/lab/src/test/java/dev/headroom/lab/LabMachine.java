package dev.headroom.lab;

import static org.junit.jupiter.api.Assumptions.abort;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.headroom.embedded.DebianTimescaleInstaller;
import dev.headroom.embedded.HeadroomHome;
import dev.headroom.embedded.OsUser;
import dev.headroom.embedded.PostgresInstall;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;

/**
 * What the tests with real kills need of the machine; without it they are skipped with a reason.
 */
final class LabMachine {

  /** One Markdown row per scenario, as docs/lab.md has them. */
  static final LabListener PRINTING =
      new LabListener() {
        @Override
        public void scenarioEnded(ScenarioResult result) {
          System.out.printf(
              "| `%s` | %s | %d of %d | %d | %d | %.1f | %s |%n",
              result.scenario().name(),
              result.outcome(),
              result.roundsWithKill(),
              result.rounds(),
              result.oomKills(),
              result.burstKills(),
              result.elapsed().toMillis() / 1000.0,
              result.victims().stream().map(victim -> victim.peakBytes() >> 20).toList());
        }
      };

  private LabMachine() {}

  /** The private install when it is there, else the newest Postgres of the machine. */
  static PostgresInstall assumePostgres() {
    return new DebianTimescaleInstaller(HeadroomHome.locate(System.getenv()))
        .find()
        .or(() -> PostgresInstall.listSystem().stream().findFirst())
        .orElseGet(
            () -> abort("no Postgres: run `bin/headroom db install`, or install postgresql"));
  }

  static MemoryController assumeMemoryController() {
    assumeTrue(OsUser.runningAsRoot(), "making memory cgroups needs root here");
    try {
      return MemoryController.find();
    } catch (LabException e) {
      return abort(String.valueOf(e.getMessage()));
    }
  }

  /** JUnit's own temporary folders are closed to the user that Postgres runs as. */
  static Path openToEverybody(Path folder) throws IOException {
    return Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
  }
}
