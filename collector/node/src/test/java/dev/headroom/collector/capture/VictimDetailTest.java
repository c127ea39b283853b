package dev.headroom.collector.capture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserPrincipal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A real Postgres backend, whose title and statement are read while it dies. */
class VictimDetailTest {

  private static final Path INSTALLED = Path.of("/usr/lib/postgresql");
  private static final String HOG =
      "select count(*) from (select md5(g::text) as hogged from generate_series(1, 5000000) g order by 1) sorted";

  @TempDir private Path folder;

  @Test
  void backend_isToldWithTitleAndStatement() throws Exception {
    Path bin = installedPostgres();
    CaptureOptions options =
        new CaptureOptions(
            "detail", folder, OomSourceKind.TP_BTF, null, false, Duration.ofSeconds(2));
    try (OomCgroup cgroup = OomCgroup.create(192L << 20);
        OomSource source = OomSources.open(options).source()) {
      Path data = initialise(bin);
      Process postmaster = startPostgres(cgroup, bin, data);
      assertThat(source.registerPostmaster(postmaster.pid())).isTrue();

      run(
          Path.of("/"),
          psql(bin, data, "set work_mem = '1GB'; set max_parallel_workers_per_gather = 0; " + HOG));

      KernelOomEvent kill = await(source, cgroup);
      assertThat(kill.victim().comm()).isEqualTo("postgres");
      assertThat(kill.title()).matches("postgres: postgres postgres \\[local\\] SELECT");
      assertThat(kill.queryText()).endsWith(HOG);
      stop(postmaster);
    }
  }

  private static KernelOomEvent await(OomSource source, OomCgroup cgroup) throws IOException {
    List<KernelOomEvent> kills = new ArrayList<>();
    for (int i = 0; i < 300 && kills.isEmpty(); i++) {
      source.poll(
          Duration.ofMillis(200),
          event -> {
            if (event.victimCgroup() != null && cgroup.path().equals(event.victimCgroup().path())) {
              kills.add(event);
            }
          });
    }
    assertThat(kills).hasSize(1);
    return kills.getFirst();
  }

  private Path initialise(Path bin) throws Exception {
    Path data = Files.createDirectory(folder.resolve("data"));
    UserPrincipal owner =
        data.getFileSystem().getUserPrincipalLookupService().lookupPrincipalByName("postgres");
    Files.setOwner(data, owner);
    // The server's user must get through to its folder.
    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
    int code =
        run(
            data,
            asPostgres(bin.resolve("initdb").toString(), "-D", data + "/db", "-A", "trust", "-N"));
    assertThat(code).isZero();
    return data;
  }

  private static Process startPostgres(OomCgroup cgroup, Path bin, Path data) throws Exception {
    List<String> command =
        asPostgres(
            bin.resolve("postgres").toString(),
            "-D",
            data + "/db",
            "-k",
            data.toString(),
            "-c",
            "listen_addresses=",
            "-c",
            "shared_buffers=8MB");
    Process postmaster = cgroup.start(command.toArray(String[]::new));
    for (int i = 0; i < 600 && run(data, psql(bin, data, "select 1")) != 0; i++) {
      assertThat(postmaster.isAlive()).isTrue();
      Thread.sleep(100);
    }
    return postmaster;
  }

  private static void stop(Process postmaster) throws Exception {
    run(Path.of("/"), List.of("kill", "-QUIT", Long.toString(postmaster.pid())));
    assertThat(postmaster.waitFor(60, TimeUnit.SECONDS)).isTrue();
  }

  private static List<String> psql(Path bin, Path data, String sql) {
    return List.of(
        bin.resolve("psql").toString(),
        "-X",
        "-h",
        data.toString(),
        "-U",
        "postgres",
        "-d",
        "postgres",
        "-c",
        sql);
  }

  private static List<String> asPostgres(String... command) {
    List<String> line =
        new ArrayList<>(
            List.of("setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"));
    line.addAll(List.of(command));
    return line;
  }

  private static int run(Path directory, List<String> command) throws Exception {
    Process process =
        new ProcessBuilder(command)
            .directory(directory.toFile())
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    assertThat(process.waitFor(180, TimeUnit.SECONDS)).as("%s ends", command).isTrue();
    return process.exitValue();
  }

  private static Path installedPostgres() throws IOException {
    assumeTrue(Files.isDirectory(INSTALLED), "no Postgres under " + INSTALLED);
    try (Stream<Path> versions = Files.list(INSTALLED)) {
      Path bin =
          versions
              .map(version -> version.resolve("bin"))
              .filter(folder -> Files.isExecutable(folder.resolve("postgres")))
              .findFirst()
              .orElse(null);
      assumeTrue(bin != null, "no Postgres server under " + INSTALLED);
      return bin;
    }
  }
}
