package dev.headroom.engine.kernel;

import dev.headroom.model.BackendKind;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The processes of a recording by identity, pid and start time.
 *
 * <p>A pid that was given to a later process never comes back to the earlier one, so that those are
 * forgotten from time to time: memory follows the number of pids, not the length of the recording.
 */
final class ProcessRegistry {

  private static final int FORGET_ABOVE = 65_536;

  private record Key(int pid, long startTicks) {}

  private final Map<Key, TrackedProcess> byKey = new HashMap<>();
  private final Map<Integer, TrackedProcess> latestByPid = new HashMap<>();

  /** The processes of the sample before and of this one: most stay, in the same order. */
  private List<TrackedProcess> before = new ArrayList<>();

  private List<TrackedProcess> now = new ArrayList<>();
  private int expected;
  private int met;
  private int forgetAbove = FORGET_ABOVE;

  /** The processes of another sample follow. */
  void nextSample() {
    List<TrackedProcess> cleared = before;
    before = now;
    now = cleared;
    now.clear();
    expected = 0;
    if (byKey.size() > forgetAbove) {
      forget();
    }
  }

  /** The process, which is of this kind now. */
  TrackedProcess get(int pid, long startTicks, BackendKind kind) {
    TrackedProcess process = findExpected(pid, startTicks);
    if (process == null) {
      process = byKey.get(new Key(pid, startTicks));
    }
    if (process == null) {
      process = meet(pid, startTicks, kind);
    } else if (!process.isLatest) {
      becomeLatest(process);
    }
    process.kind = kind;
    now.add(process);
    return process;
  }

  /** The process that had this pid last, or a new one of this kind if none did. */
  TrackedProcess getLatest(int pid, BackendKind kindIfNew) {
    TrackedProcess process = latestByPid.get(pid);
    return process != null ? process : meet(pid, 0, kindIfNew);
  }

  private TrackedProcess meet(int pid, long startTicks, BackendKind kind) {
    TrackedProcess process = new TrackedProcess(pid, startTicks, kind, met++);
    byKey.put(new Key(pid, startTicks), process);
    becomeLatest(process);
    return process;
  }

  private void becomeLatest(TrackedProcess process) {
    TrackedProcess former = latestByPid.put(process.pid, process);
    if (former != null) {
      former.isLatest = false;
    }
    process.isLatest = true;
  }

  private @Nullable TrackedProcess findExpected(int pid, long startTicks) {
    while (expected < before.size() && before.get(expected).pid < pid) {
      expected++;
    }
    if (expected < before.size()) {
      TrackedProcess process = before.get(expected);
      if (process.pid == pid && process.startTicks == startTicks) {
        expected++;
        return process;
      }
    }
    return null;
  }

  private void forget() {
    Set<TrackedProcess> kept = new HashSet<>(latestByPid.values());
    kept.addAll(before);
    byKey.values().retainAll(kept);
    forgetAbove = Math.max(FORGET_ABOVE, 2 * byKey.size());
  }
}
