package dev.headroom.collector.postgres;

import dev.headroom.collector.proc.ProcCgroup;
import dev.headroom.collector.proc.ProcFs;
import dev.headroom.collector.proc.ProcStat;
import dev.headroom.collector.proc.ProcStatus;
import dev.headroom.collector.proc.ProcessKey;
import dev.headroom.model.CgroupVersion;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Finds the Postgres servers of this node. A postmaster is a process that runs {@code postgres},
 * whose parent does not, and that the {@code postmaster.pid} in its working directory names: so
 * neither an orphan of a killed postmaster nor initdb's bootstrap counts.
 */
public final class PostmasterDiscovery {

  private static final String PROGRAM = "postgres";

  private final ProcFs proc;
  private final CgroupVersion cgroupVersion;

  /** Postmasters seen the last time: their version is read from their program only once. */
  private Map<ProcessKey, Postmaster> known = Map.of();

  /**
   * @param cgroupVersion which of a process's cgroups limits its memory
   */
  public PostmasterDiscovery(ProcFs proc, CgroupVersion cgroupVersion) {
    this.proc = proc;
    this.cgroupVersion = cgroupVersion;
  }

  /**
   * The servers that run now, in ascending order of their pid. What cannot be read is a problem and
   * not in the list; a process that ends meanwhile is neither.
   */
  public List<Postmaster> list(Consumer<IOException> problems) throws IOException {
    Map<ProcessKey, Postmaster> found = new HashMap<>();
    List<Postmaster> postmasters = new ArrayList<>();
    for (int pid : proc.listPids()) {
      try {
        Optional<Postmaster> postmaster = find(pid);
        if (postmaster.isPresent()) {
          postmasters.add(postmaster.get());
          found.put(postmaster.get().key(), postmaster.get());
        }
      } catch (AccessDeniedException denied) {
        if (proc.findStat(pid).filter(stat -> stat.comm().equals(PROGRAM)).isPresent()) {
          problems.accept(
              new IOException(
                  "process %d may be a Postgres server but %s may not be read; run the collector as"
                          .formatted(pid, denied.getFile())
                      + " root",
                  denied));
        }
      } catch (IOException problem) {
        problems.accept(problem);
      }
    }
    known = found;
    return postmasters;
  }

  private Optional<Postmaster> find(int pid) throws IOException {
    if (!runsPostgres(pid)) {
      return Optional.empty();
    }
    Optional<ProcStat> stat = proc.findStat(pid);
    Optional<ProcStatus> status = proc.findStatus(pid);
    if (stat.isEmpty() || status.isEmpty() || mayRunPostgres(stat.get().ppid())) {
      return Optional.empty();
    }
    ProcessKey key = new ProcessKey(pid, stat.get().startTimeTicks());
    @Nullable Integer shownPid = status.get().namespacePid();
    int namespacePid = shownPid == null ? pid : shownPid;
    Path workingDirectory = proc.directory(pid).resolve("cwd");
    Optional<PostmasterPidFile> file =
        PostmasterPidFile.find(workingDirectory.resolve("postmaster.pid"));
    Optional<ProcCgroup> cgroup = proc.findCgroup(pid);
    if (file.isEmpty() || file.get().pid() != namespacePid || cgroup.isEmpty()) {
      return Optional.empty();
    }
    String unified = cgroup.get().unified();
    String path = cgroupVersion == CgroupVersion.V1 ? cgroup.get().memory() : unified;
    if (path == null) {
      return Optional.empty();
    }
    Postmaster before = known.get(key);
    String version =
        before == null
            ? ServerVersion.find(proc.directory(pid).resolve("exe")).orElse(null)
            : before.version();
    return Optional.of(
        new Postmaster(
            key,
            namespacePid,
            path,
            unified,
            file.get().dataDirectory(),
            file.get().port(),
            version));
  }

  /** Some sandboxes hide the program of their first process even from root. */
  private boolean mayRunPostgres(int pid) throws IOException {
    try {
      return runsPostgres(pid);
    } catch (AccessDeniedException hidden) {
      return proc.findStat(pid).filter(stat -> stat.comm().equals(PROGRAM)).isPresent();
    }
  }

  private boolean runsPostgres(int pid) throws IOException {
    return proc.findProgram(pid).filter(PROGRAM::equals).isPresent();
  }
}
