package dev.headroom.collector.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import dev.headroom.collector.PrivatePostgres;
import dev.headroom.collector.proc.ProcFs;
import dev.headroom.model.BackendKind;
import dev.headroom.model.CgroupVersion;
import dev.headroom.model.Fact;
import dev.headroom.model.Facts;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Against a real Postgres 15 in a real cgroup. */
class RealPostgresTest {

  private static final ProcFs PROC = new ProcFs(Path.of("/proc"));
  private static final Duration PATIENCE = Duration.ofSeconds(90);
  private static PrivatePostgres postgres;

  @BeforeAll
  static void start() throws Exception {
    postgres =
        PrivatePostgres.start(
            512L << 20, "shared_buffers=24MB", "max_connections=17", "cluster_name=main: one");
  }

  @AfterAll
  static void stop() throws Exception {
    if (postgres != null) {
      postgres.close();
    }
  }

  @Test
  void discovery_findsTheServerAndItsCgroup() throws IOException {
    Postmaster found = discover();

    assertThat(found.namespacePid()).isEqualTo(postgres.pid());
    assertThat(found.cgroupPath()).isEqualTo(postgres.cgroupPath());
    assertThat(found.dataDirectory()).isEqualTo(postgres.dataDirectory().toString());
    assertThat(found.port()).isEqualTo(postgres.port());
    assertThat(found.version()).matches("15\\.\\d+");
  }

  @Test
  void facts_areReadFromTheServersMemory() throws IOException {
    Facts.Builder builder = Facts.builder();
    ServerGlobals globals = ServerGlobals.open(PROC, postgres.pid());
    globals.addFacts(builder);
    Facts facts = builder.build();

    assertThat(facts.get(Fact.SHARED_BUFFERS)).isEqualTo(24L << 20);
    assertThat(facts.get(Fact.MAX_CONNECTIONS)).isEqualTo(17);
    assertThat(facts.get(Fact.SHARED_MEMORY)).isBetween(24L << 20, 64L << 20);
    assertThat(globals.findClusterName()).contains("main: one");
  }

  @Test
  void everyChild_hasAKindFromItsTitle() throws Exception {
    try (Connection connection = postgres.connect()) {
      assertThat(connection.isValid(60)).isTrue();
      // The launchers start a moment after the server is ready, and workers come and go.
      Awaitility.await()
          .atMost(PATIENCE)
          .untilAsserted(() ->
              assertThat(titlesOfChildren())
                  .extracting(ProcessTitle::kind)
                  .contains(
                      BackendKind.CHECKPOINTER,
                      BackendKind.BACKGROUND_WRITER,
                      BackendKind.WAL_WRITER,
                      BackendKind.AUTOVACUUM_LAUNCHER,
                      BackendKind.LOGICAL_LAUNCHER,
                      BackendKind.CLIENT_BACKEND)
                  .doesNotContain(BackendKind.BACKGROUND_WORKER, BackendKind.UNKNOWN));
      assertThat(titlesOfChildren())
          .filteredOn(title -> title.kind() == BackendKind.CLIENT_BACKEND)
          .isNotEmpty()
          .allSatisfy(title -> {
            assertThat(title.user()).isEqualTo("alice");
            assertThat(title.database()).isEqualTo("postgres");
          });
    }
  }

  private static List<ProcessTitle> titlesOfChildren() throws IOException {
    List<ProcessTitle> titles = new ArrayList<>();
    for (int pid : PROC.listPids()) {
      if (PROC.findStat(pid).filter(stat -> stat.ppid() == postgres.pid()).isPresent()) {
        titles.add(ProcessTitle.find(PROC.findTitle(pid).orElse(""), "main: one").orElseThrow());
      }
    }
    return titles;
  }

  @Test
  void statement_isReadWhileItRunsAndEmptyWhileIdle() throws Exception {
    ServerGlobals globals = ServerGlobals.open(PROC, postgres.pid());
    try (Connection connection = postgres.connect();
        Connection other = postgres.connect()) {
      int pid = backendPid(connection);
      assertThat(globals.findStatement(pid, pid)).isEmpty();

      Statement first = whileRunning(globals, connection, other, pid);
      Statement second = whileRunning(globals, connection, other, pid);

      assertThat(first.text()).isEqualTo("select pg_sleep(60)");
      assertThat(first.startedAtUs()).isNotNull();
      assertThat(second.text()).isEqualTo(first.text());
      assertThat(second.startedAtUs()).isGreaterThan(first.startedAtUs());
      assertThat(globals.findStatement(pid, pid)).isEmpty();
      assertThat(globals.findLastStatementText(pid, pid)).contains("select pg_sleep(60)");
    }
  }

  @Test
  void reload_movesTheReloadTime() throws Exception {
    ServerGlobals globals = ServerGlobals.open(PROC, postgres.pid());
    OptionalLong before = globals.findReloadTimeUs();

    postgres.reload();

    Awaitility.await()
        .atMost(PATIENCE)
        .untilAsserted(() ->
            assertThat(globals.findReloadTimeUs().orElseThrow())
                .isGreaterThan(before.orElseThrow()));
  }

  /** Runs a statement in one connection, reads it from outside, and cancels it by the other. */
  private static Statement whileRunning(
      ServerGlobals globals, Connection connection, Connection other, int pid) throws Exception {
    CompletableFuture<Void> sleeping =
        CompletableFuture.runAsync(() -> {
          try (java.sql.Statement statement = connection.createStatement()) {
            statement.execute("select pg_sleep(60)");
          } catch (SQLException cancelled) {
            assertThat(cancelled.getSQLState()).isEqualTo("57014");
          }
        });
    Optional<Statement> seen =
        Awaitility.await()
            .atMost(PATIENCE)
            .until(() -> globals.findStatement(pid, pid), Optional::isPresent);
    try (java.sql.Statement cancel = other.createStatement()) {
      cancel.execute("select pg_cancel_backend(" + pid + ")");
    }
    sleeping.join();
    return seen.orElseThrow();
  }

  private static int backendPid(Connection connection) throws SQLException {
    try (java.sql.Statement statement = connection.createStatement();
        ResultSet result = statement.executeQuery("select pg_backend_pid()")) {
      result.next();
      return result.getInt(1);
    }
  }

  private static Postmaster discover() throws IOException {
    List<IOException> problems = new ArrayList<>();
    List<Postmaster> found =
        new PostmasterDiscovery(PROC, CgroupVersion.V1)
            .list(problems::add).stream()
                .filter(postmaster -> postmaster.pid() == postgres.pid())
                .toList();
    assertThat(problems).isEmpty();
    assertThat(found).hasSize(1);
    return found.getFirst();
  }
}
