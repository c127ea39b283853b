package dev.headroom.launcher;

import dev.headroom.cli.CommandFailure;
import dev.headroom.cli.ExitCode;
import dev.headroom.cli.Terminal;
import dev.headroom.collector.guard.GuardStatus;
import dev.headroom.collector.guard.GuardView;
import dev.headroom.collector.postgres.Postmaster;
import dev.headroom.collector.postgres.PostmasterDiscovery;
import dev.headroom.collector.proc.ProcFs;
import dev.headroom.lab.MemoryController;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The running Postgres servers of this machine that have a guard. */
final class GuardedServers {

  private static final Path PROC = Path.of("/proc");

  /**
   * One of them.
   *
   * @param postmaster its first process
   * @param status what its guard did so far
   */
  record Guarded(Postmaster postmaster, GuardStatus status) {}

  private GuardedServers() {}

  /**
   * Lists them; one whose guard cannot be read is left out, and the terminal told why.
   *
   * @throws CommandFailure when {@code /proc} cannot be read
   */
  static List<Guarded> list(Terminal terminal) {
    ProcFs proc = new ProcFs(PROC);
    List<Guarded> guarded = new ArrayList<>();
    try {
      List<Postmaster> postmasters =
          new PostmasterDiscovery(proc, MemoryController.find().version())
              .list(problem -> terminal.say(String.valueOf(problem.getMessage())));
      for (Postmaster postmaster : postmasters) {
        try (GuardView view = GuardView.open(proc, postmaster.pid()).orElse(null)) {
          Optional.ofNullable(view)
              .ifPresent(open -> guarded.add(new Guarded(postmaster, open.status())));
        } catch (IOException e) {
          terminal.say("%s: %s".formatted(postmaster.dataDirectory(), e.getMessage()));
        }
      }
      return guarded;
    } catch (IOException e) {
      throw new CommandFailure(ExitCode.UNAVAILABLE, "cannot read /proc: " + e.getMessage(), e);
    }
  }

  /** The program that a server runs, also one of another mount namespace. */
  static Path executable(Postmaster postmaster) {
    return PROC.resolve(Integer.toString(postmaster.pid())).resolve("exe");
  }
}
