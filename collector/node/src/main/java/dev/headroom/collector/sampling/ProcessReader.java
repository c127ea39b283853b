package dev.headroom.collector.sampling;

import dev.headroom.collector.guard.GuardReading;
import dev.headroom.collector.guard.SlotReading;
import dev.headroom.collector.postgres.Postmaster;
import dev.headroom.collector.postgres.ProcessTitle;
import dev.headroom.collector.postgres.QueryFingerprint;
import dev.headroom.collector.postgres.ServerGlobals;
import dev.headroom.collector.postgres.Statement;
import dev.headroom.collector.proc.ProcFs;
import dev.headroom.collector.proc.ProcStat;
import dev.headroom.collector.proc.ProcStatus;
import dev.headroom.collector.proc.ProcessKey;
import dev.headroom.model.BackendKind;
import dev.headroom.model.InstanceId;
import dev.headroom.model.ProcessSample;
import java.io.IOException;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/** Reads one process of an instance's cgroup. */
final class ProcessReader {

  private static final long BYTES_PER_KB = 1024;
  private static final String PROGRAM = "postgres";

  private final ProcFs proc;
  private final InstanceId instanceId;
  private final Postmaster postmaster;
  private final @Nullable ServerGlobals globals;
  private final @Nullable String clusterName;

  /**
   * @param globals absent when the server's memory cannot be read; then there are no statements
   * @param clusterName absent likewise
   */
  ProcessReader(
      ProcFs proc,
      InstanceId instanceId,
      Postmaster postmaster,
      @Nullable ServerGlobals globals,
      @Nullable String clusterName) {
    this.proc = proc;
    this.instanceId = instanceId;
    this.postmaster = postmaster;
    this.globals = globals;
    this.clusterName = clusterName;
  }

  /**
   * Reads a process.
   *
   * @param before what was seen of this pid last; it need not be the same process
   * @param guarded what the server's guard says of its processes
   * @return empty when the process ended meanwhile
   */
  Optional<ObservedProcess> find(int pid, @Nullable ObservedProcess before, GuardReading guarded)
      throws IOException {
    Optional<ProcStat> stat = proc.findStat(pid);
    Optional<ProcStatus> status = proc.findStatus(pid);
    @Nullable String titleText = proc.findTitle(pid).orElse(null);
    // Read last: a process that still has its program had its title and memory just before.
    Optional<String> program = proc.findProgram(pid);
    if (stat.isEmpty() || status.isEmpty() || program.isEmpty()) {
      return Optional.empty();
    }
    ProcessKey key = new ProcessKey(pid, stat.get().startTimeTicks());
    @Nullable ObservedProcess earlier = before != null && before.key().equals(key) ? before : null;
    boolean ofServer =
        program.get().equals(PROGRAM)
            && (stat.get().ppid() == postmaster.pid() || isKnownChild(earlier));
    @Nullable ProcessTitle title =
        titleText == null || !ofServer
            ? null
            : ProcessTitle.find(titleText, clusterName).orElse(null);
    @Nullable Integer shownPid = status.get().namespacePid();
    int namespacePid = shownPid == null ? pid : shownPid;
    @Nullable SlotReading slot = guarded.findSlot(namespacePid, key.startTicks()).orElse(null);
    BackendKind kind = kind(pid, ofServer, title, slot);
    StatementCounter statements = statements(pid, namespacePid, kind, earlier, slot);
    return Optional.of(
        new ObservedProcess(
            instanceId,
            stat.get().comm(),
            titleText,
            new ProcessSample(
                pid,
                key.startTicks(),
                status.get().namespacePid(),
                kind,
                slot == null ? kind.blockable() : slot.blockable(),
                title == null ? null : title.database(),
                title == null ? null : title.user(),
                slot != null && slot.inStatement() ? slot.statementNumber() : statements.current(),
                slot != null && slot.inStatement() ? slot.queryId() : null,
                fingerprint(statements.running(), earlier),
                bytes(status.get().rssAnonKb()),
                bytes(status.get().rssFileKb()),
                bytes(status.get().rssShmemKb()),
                bytes(status.get().vmPteKb()),
                bytes(status.get().vmSwapKb()),
                earlier == null ? oomScoreAdj(pid) : earlier.sample().oomScoreAdj(),
                slot == null ? null : slot.allocatedBytes(),
                slot == null ? null : slot.peakBytes()),
            title == null ? null : title.leaderNamespacePid(),
            statements.number(),
            statements.running(),
            lastStatementText(pid, namespacePid, kind, statements, earlier, slot)));
  }

  /** A child whose postmaster was killed has another parent and is a child all the same. */
  private static boolean isKnownChild(@Nullable ObservedProcess earlier) {
    return earlier != null
        && earlier.sample().kind() != BackendKind.OTHER
        && earlier.sample().kind() != BackendKind.POSTMASTER;
  }

  private BackendKind kind(
      int pid, boolean ofServer, @Nullable ProcessTitle title, @Nullable SlotReading slot) {
    if (pid == postmaster.pid()) {
      return BackendKind.POSTMASTER;
    }
    if (title != null) {
      return title.kind();
    }
    if (ofServer && slot != null) {
      return slot.kind();
    }
    // A child that was just forked still has the postmaster's command line.
    return ofServer ? BackendKind.UNKNOWN : BackendKind.OTHER;
  }

  private StatementCounter statements(
      int pid,
      int namespacePid,
      BackendKind kind,
      @Nullable ObservedProcess earlier,
      @Nullable SlotReading slot)
      throws IOException {
    if (slot != null && slot.statementNumber() != null) {
      return new StatementCounter(
          slot.statementNumber(), runningByGuard(pid, namespacePid, earlier, slot));
    }
    if (globals == null || kind == BackendKind.OTHER || kind == BackendKind.POSTMASTER) {
      return StatementCounter.NONE;
    }
    StatementCounter counter =
        earlier == null
            ? StatementCounter.NONE
            : new StatementCounter(earlier.statementNumber(), earlier.statement());
    return counter.observe(globals.findStatement(pid, namespacePid));
  }

  /** The guard tells one statement from the next, so the text is read once for each. */
  private @Nullable Statement runningByGuard(
      int pid, int namespacePid, @Nullable ObservedProcess earlier, SlotReading slot)
      throws IOException {
    if (!slot.inStatement() || globals == null) {
      return null;
    }
    return earlier != null && isSameStatement(earlier, slot) && earlier.statement() != null
        ? earlier.statement()
        : globals.findStatement(pid, namespacePid).orElse(null);
  }

  /** An idle session still holds what its last statement took. */
  private @Nullable String lastStatementText(
      int pid,
      int namespacePid,
      BackendKind kind,
      StatementCounter statements,
      @Nullable ObservedProcess earlier,
      @Nullable SlotReading slot)
      throws IOException {
    if (statements.running() != null) {
      return statements.running().text();
    }
    if (globals == null || kind != BackendKind.CLIENT_BACKEND) {
      return null;
    }
    return slot != null
            && earlier != null
            && isSameStatement(earlier, slot)
            && earlier.lastStatementText() != null
        ? earlier.lastStatementText()
        : globals.findLastStatementText(pid, namespacePid).orElse(null);
  }

  /** Numbers of a time before the guard was found are not the guard's. */
  private static boolean isSameStatement(ObservedProcess earlier, SlotReading slot) {
    return earlier.sample().guardAllocatedBytes() != null
        && slot.statementNumber() != null
        && earlier.statementNumber() == slot.statementNumber();
  }

  /** The fingerprint of a text that did not change is not worked out again. */
  private static @Nullable Long fingerprint(
      @Nullable Statement running, @Nullable ObservedProcess earlier) {
    if (running == null) {
      return null;
    }
    if (earlier != null
        && earlier.statement() != null
        && earlier.statement().text().equals(running.text())) {
      return earlier.sample().queryFingerprint();
    }
    return QueryFingerprint.of(running.text());
  }

  private @Nullable Integer oomScoreAdj(int pid) throws IOException {
    OptionalInt value = proc.findOomScoreAdj(pid);
    return value.isEmpty() ? null : value.getAsInt();
  }

  private static @Nullable Long bytes(@Nullable Long kb) {
    return kb == null ? null : kb * BYTES_PER_KB;
  }
}
