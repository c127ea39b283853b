package dev.headroom.engine.casefile;

import dev.headroom.model.BackendKind;
import dev.headroom.model.ProcessSample;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One process of a case through all of its samples.
 *
 * @param startTicks 0 for the first process with this pid, 1 for the next that reuses it
 */
record CaseProcess(
    int pid,
    long startTicks,
    BackendKind kind,
    boolean blockable,
    List<@Nullable Long> allocatedBytes,
    List<@Nullable Long> peakBytes,
    List<@Nullable Long> statement) {

  private static final Set<String> KEYS =
      Set.of("pid", "kind", "blockable", "allocated", "peak", "statement");
  private static final long DEFAULT_STATEMENT = 1;

  static List<CaseProcess> readAll(@Nullable CaseNode list, int samples) {
    List<CaseProcess> processes = new ArrayList<>();
    if (list != null) {
      for (CaseNode node : list.list()) {
        CaseProcess process = read(node, samples, processes);
        for (CaseProcess other : processes) {
          if (other.pid == process.pid && other.overlaps(process)) {
            throw node.error("the pid " + process.pid + " belongs to two processes at once");
          }
        }
        processes.add(process);
      }
    }
    return processes;
  }

  private static CaseProcess read(CaseNode node, int samples, List<CaseProcess> before) {
    Map<String, CaseNode> entries = node.mapping(KEYS);
    int pid = CaseNode.get(node, entries, "pid").pid();
    BackendKind kind = CaseReader.kind(CaseNode.get(node, entries, "kind"));
    CaseNode blockable = entries.get("blockable");
    return new CaseProcess(
        pid,
        before.stream().filter(process -> process.pid == pid).count(),
        kind,
        blockable == null ? kind.blockable() : blockable.flag(),
        column(CaseNode.get(node, entries, "allocated"), samples, CaseNode::bytes),
        optionalColumn(entries.get("peak"), samples, null, CaseNode::bytes),
        optionalColumn(entries.get("statement"), samples, DEFAULT_STATEMENT, CaseNode::number));
  }

  private interface Reader {
    long read(CaseNode node);
  }

  private static List<@Nullable Long> column(CaseNode node, int samples, Reader reader) {
    List<CaseNode> items = node.listOf(samples);
    List<@Nullable Long> values = new ArrayList<>();
    for (CaseNode item : items) {
      values.add(item.isNull() ? null : (Long) reader.read(item));
    }
    return values;
  }

  private static List<@Nullable Long> optionalColumn(
      @Nullable CaseNode node, int samples, @Nullable Long otherwise, Reader reader) {
    if (node != null) {
      return column(node, samples, reader);
    }
    return Collections.nCopies(samples, otherwise);
  }

  static Map<Integer, BackendKind> kindByPid(List<CaseProcess> processes) {
    Map<Integer, BackendKind> kinds = new HashMap<>();
    processes.forEach(process -> kinds.put(process.pid, process.kind));
    return kinds;
  }

  private boolean overlaps(CaseProcess other) {
    for (int i = 0; i < allocatedBytes.size(); i++) {
      if (allocatedBytes.get(i) != null && other.allocatedBytes.get(i) != null) {
        return true;
      }
    }
    return false;
  }

  /** The process in the sample at this position, if it exists then. */
  Optional<ProcessSample> findAt(int position) {
    Long allocated = allocatedBytes.get(position);
    if (allocated == null) {
      return Optional.empty();
    }
    return Optional.of(
        new ProcessSample(
            pid,
            startTicks,
            null,
            kind,
            blockable,
            null,
            null,
            statement.get(position),
            null,
            null,
            null,
            null,
            null,
            null,
            null,
            null,
            allocated,
            peakBytes.get(position)));
  }
}
