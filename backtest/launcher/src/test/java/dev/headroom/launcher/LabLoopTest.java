package dev.headroom.launcher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.abort;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.headroom.cli.ExitCode;
import dev.headroom.embedded.Jemalloc;
import dev.headroom.embedded.OsUser;
import dev.headroom.embedded.PostgresInstall;
import dev.headroom.lab.LabException;
import dev.headroom.lab.MemoryController;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.file.Files;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The whole loop on a real kernel, in its short form: three servers, one round. */
@Timeout(600)
final class LabLoopTest {

  @BeforeEach
  void assumeMachine() {
    assumeTrue(OsUser.runningAsRoot(), "making memory cgroups needs root here");
    try {
      MemoryController.find();
    } catch (LabException e) {
      abort(String.valueOf(e.getMessage()));
    }
  }

  @Test
  void fromTheKillToTheGuardThatPreventsIt_andBackFromOneThatIsBad() throws IOException {
    PostgresInstall install = assumePostgresForGuard();
    System.setProperty("headroom.root", RepositoryRoot.find().toString());
    try (EmbeddedPostgres server =
        EmbeddedPostgres.builder().setServerConfig("fsync", "off").start()) {
      String url = server.getJdbcUrl("postgres", "postgres");
      CommandRun.piped("db", "migrate", "--db-url", url).exits(ExitCode.OK);

      JsonNode loop =
          JsonMapper.shared()
              .readTree(
                  CommandRun.piped(
                          "lab",
                          "loop",
                          "--servers",
                          "3",
                          "--rounds",
                          "1",
                          "--approver",
                          "somebody",
                          "--postgres",
                          Integer.toString(install.majorVersion()),
                          "--json",
                          "--db-url",
                          url)
                      .exits(ExitCode.OK)
                      .out());

      assertThat(loop.get("faults")).isEmpty();
      assertThat(loop.get("kernel_oom_kills").intValue()).isPositive();
      assertThat(loop.get("stored_oom_kills")).isEqualTo(loop.get("kernel_oom_kills"));
      for (JsonNode each : loop.get("servers")) {
        boolean heldOut = each.get("held_out").booleanValue();
        JsonNode after = each.get("after");
        assertThat(each.get("before").get("oom_kills").intValue()).isPositive();
        assertThat(after.get("oom_kills").intValue() > 0).isEqualTo(heldOut);
        assertThat(after.get("blocks").intValue() > 0).isEqualTo(!heldOut);
      }
      JsonNode rollback = loop.get("rollback");
      assertThat(rollback.get("rolled_back_by").stringValue()).isEqualTo("controller");
      assertThat(rollback.get("events").intValue())
          .isGreaterThanOrEqualTo(rollback.get("alarm_from_events").intValue());
      assertThat(loop.get("stops")).hasSize(4);
      assertThat(loop.get("custody").get("run_id")).isEqualTo(loop.get("backtest_run_id"));
      assertThat(loop.get("custody").get("recording")).isEqualTo(loop.get("recording"));

      assertThat(CommandRun.piped("rollout", "list", "--db-url", url).exits(ExitCode.OK).out())
          .as("no rollout of the loop is live afterwards")
          .doesNotContain("| enforce |", "| canary");
    }
  }

  /** A Postgres of the machine that a guard can be built for. */
  private static PostgresInstall assumePostgresForGuard() {
    return PostgresInstall.listSystem().stream()
        .filter(each -> Files.isDirectory(each.serverHeaders()) && Jemalloc.find(each).isPresent())
        .findFirst()
        .orElseGet(() ->
            abort(
                "no Postgres with headers and jemalloc on this machine (Debian:"
                    + " postgresql-server-dev-15, libjemalloc2)"));
  }
}
