package dev.headroom.collector.capture;

import dev.headroom.collector.capture.KernelOomEvent.FirstVictim;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Puts OOM kills together from the kernel log's lines. A kill has always its {@code Killed process}
 * line; the report before it (invoker, limit, cgroups) is rate-limited, and is used only for the
 * victims it names.
 */
final class KmsgReports {

  private static final Pattern INVOKED =
      Pattern.compile("(.*) invoked oom-killer: .*", Pattern.DOTALL);
  private static final Pattern INVOKER =
      Pattern.compile("CPU: \\d+ (?:UID: \\d+ )?PID: (\\d+) Comm: .*", Pattern.DOTALL);
  private static final Pattern USAGE =
      Pattern.compile("memory: usage (\\d+)kB, limit (\\d+)kB, failcnt \\d+");
  private static final Pattern DECIDED =
      Pattern.compile(
          "oom-kill:constraint=CONSTRAINT_(\\w+),.*?(?:,oom_memcg=(.*)|,global_oom),task_memcg=(.*),task=.*,pid=(\\d+),uid=\\d+",
          Pattern.DOTALL);
  private static final Pattern GROUP =
      Pattern.compile("Tasks in (.*) are going to be killed due to memory\\.oom\\.group set");
  private static final Pattern KILLED =
      Pattern.compile(
          "(?:(Memory cgroup out of memory|Out of memory)[^:]*: )?Killed process (\\d+) \\((.*)\\)(?:, UID (\\d+),)?"
              + " total-vm:(\\d+)kB, anon-rss:(\\d+)kB, file-rss:(\\d+)kB(?:, shmem-rss:(\\d+)kB)?"
              + "(?:,? UID:(\\d+))?(?:,? pgtables:(\\d+)kB)?(?:,? oom_score_adj:(-?\\d+))?",
          Pattern.DOTALL);

  /** What the lines since the last {@code invoked oom-killer} said. */
  private static final class Report {
    final long sequence;
    final @Nullable String invokerComm;
    @Nullable Integer invokerPid;
    @Nullable Long usageBytes;
    @Nullable Long limitBytes;
    @Nullable OomConstraint constraint;
    @Nullable String limitPath;
    @Nullable String victimPath;
    @Nullable Integer victimPid;
    boolean group;
    @Nullable FirstVictim first;
    final Set<Integer> killed = new HashSet<>();

    Report(long sequence, @Nullable String invokerComm) {
      this.sequence = sequence;
      this.invokerComm = invokerComm;
    }

    boolean tells(int pid) {
      return group || Integer.valueOf(pid).equals(victimPid);
    }
  }

  /** What is done with a line of that form. */
  @FunctionalInterface
  private interface Taken {
    void take(KmsgRecord record, Matcher line, long suspendedNs);
  }

  private record Line(Pattern pattern, Taken taken) {}

  private final List<Line> lines =
      List.of(
          new Line(INVOKED, (record, line, suspendedNs) -> invokedBy(record, line)),
          new Line(INVOKER, (record, line, suspendedNs) -> invoker(line)),
          new Line(USAGE, (record, line, suspendedNs) -> usage(line)),
          new Line(DECIDED, (record, line, suspendedNs) -> decided(line)),
          new Line(KILLED, this::kill));

  private final UUID bootId;
  private Report report = new Report(Long.MAX_VALUE, null);
  private @Nullable KernelOomEvent held;

  KmsgReports(UUID bootId) {
    this.bootId = bootId;
  }

  /**
   * Takes the next record.
   *
   * @param suspendedNs time spent suspended so far, which the log's clock does not count
   * @return the kills that are complete now: a kill is held back until it is known whether others
   *     follow in its group
   */
  List<KernelOomEvent> add(KmsgRecord record, long suspendedNs) {
    if (GROUP.matcher(record.text()).matches()) {
      beginGroup();
      return List.of();
    }
    List<KernelOomEvent> complete = flush();
    for (Line line : lines) {
      Matcher matcher = line.pattern().matcher(record.text());
      if (matcher.matches()) {
        line.taken().take(record, matcher, suspendedNs);
        break;
      }
    }
    return complete;
  }

  /** The kernel kills the first victim and then says that the rest of its cgroup follows. */
  private void beginGroup() {
    report.group = true;
    if (held != null) {
      FirstVictim first = new FirstVictim(held.victim().pid(), held.stampNs());
      report.first = first;
      held = held.withDecision(first);
    }
  }

  private void invokedBy(KmsgRecord record, Matcher line) {
    report = new Report(record.sequence(), line.group(1));
  }

  private void invoker(Matcher line) {
    report.invokerPid = Integer.valueOf(line.group(1));
  }

  private void usage(Matcher line) {
    report.usageBytes = Long.parseLong(line.group(1)) * 1024;
    report.limitBytes = Long.parseLong(line.group(2)) * 1024;
  }

  private void decided(Matcher line) {
    report.constraint = OomConstraint.valueOf(line.group(1));
    report.limitPath = line.group(2);
    report.victimPath = line.group(3);
    report.victimPid = Integer.valueOf(line.group(4));
  }

  /** The kill that was held back, when nothing follows. */
  List<KernelOomEvent> flush() {
    List<KernelOomEvent> complete = held == null ? List.of() : List.of(held);
    held = null;
    return complete;
  }

  /**
   * The record before the report that may go on; reading again from after it repeats kills but
   * misses nothing.
   */
  OptionalLong findRestart() {
    return report.sequence == Long.MAX_VALUE
        ? OptionalLong.empty()
        : OptionalLong.of(report.sequence - 1);
  }

  private void kill(KmsgRecord record, Matcher killed, long suspendedNs) {
    int pid = Integer.parseInt(killed.group(2));
    if (!report.tells(pid)) {
      // Its own report was suppressed; the last one is about another kill.
      report = new Report(record.sequence(), null);
    }
    if (!report.killed.add(pid)) {
      // In a group kill the kernel logs its first victim once more.
      return;
    }
    boolean told = report.tells(pid);
    boolean first = report.killed.size() == 1;
    OomConstraint constraint = report.constraint;
    if (constraint == null && killed.group(1) != null) {
      constraint =
          killed.group(1).startsWith("Memory cgroup") ? OomConstraint.MEMCG : OomConstraint.NONE;
    }
    String uid = killed.group(4) != null ? killed.group(4) : killed.group(9);
    long stampNs = record.stampUs() * 1000;
    KernelOomEvent event =
        new KernelOomEvent(
            bootId,
            OomSourceKind.KMSG,
            stampNs,
            stampNs + suspendedNs,
            new OomTask(
                pid,
                null,
                killed.group(3),
                null,
                uid == null ? null : Integer.parseUnsignedInt(uid)),
            killed.group(11) == null ? null : Integer.valueOf(killed.group(11)),
            new VictimMemory(
                kib(killed, 5), kib(killed, 6), kib(killed, 7), kib(killed, 8), kib(killed, 10)),
            told && report.invokerPid != null
                ? OomTask.of(report.invokerPid, report.invokerComm)
                : null,
            constraint,
            told && report.limitPath != null
                ? new LimitHit(
                    new CgroupRef(null, report.limitPath), report.limitBytes, report.usageBytes)
                : null,
            told && first && report.victimPath != null
                ? new CgroupRef(null, report.victimPath)
                : null,
            false,
            false,
            null,
            null,
            null);
    held = report.group && report.first != null ? event.withDecision(report.first) : event;
  }

  private static @Nullable Long kib(Matcher killed, int group) {
    String text = killed.group(group);
    return text == null ? null : (Long) (Long.parseLong(text) * 1024);
  }
}
