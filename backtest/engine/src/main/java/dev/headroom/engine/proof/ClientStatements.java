package dev.headroom.engine.proof;

import dev.headroom.model.BackendKind;
import dev.headroom.model.InstanceRecording;
import dev.headroom.model.ProcessSample;
import dev.headroom.model.Sample;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Whose statement it is that a process is refused in. A parallel worker's is its leader's: a query
 * is refused once, whichever of its processes asked. Samples do not say whose worker one is; the
 * query's id does, where only one client runs that query.
 */
final class ClientStatements {

  private final List<Sample> samples;

  ClientStatements(InstanceRecording recording) {
    samples = recording.samples();
  }

  /**
   * A statement of a process.
   *
   * @param number which; absent when the process was idle or nobody knew
   * @param at when it was refused, or when at the latest
   */
  record Statement(int pid, @Nullable Long number, Instant at) {
    /** Whether both are known to be the same. */
    boolean isSame(Statement other) {
      return pid == other.pid && number != null && number.equals(other.number);
    }
  }

  /** The client's statement, or the process's own where no client's is found. */
  Statement find(
      int pid, BackendKind kind, @Nullable Long number, @Nullable Long queryId, Instant at) {
    Statement own = new Statement(pid, number, at);
    if (kind != BackendKind.PARALLEL_WORKER || queryId == null) {
      return own;
    }
    List<ProcessSample> leaders = List.of();
    for (Sample sample : around(at)) {
      leaders = leadersIn(sample, queryId);
      if (!leaders.isEmpty()) {
        break;
      }
    }
    return leaders.size() == 1
        ? new Statement(leaders.getFirst().pid(), leaders.getFirst().statementNumber(), at)
        : own;
  }

  private static List<ProcessSample> leadersIn(Sample sample, long queryId) {
    return sample.processes().stream()
        .filter(process -> process.kind() == BackendKind.CLIENT_BACKEND)
        .filter(process -> process.statementNumber() != null)
        .filter(process -> Objects.equals(process.queryId(), queryId))
        .toList();
  }

  /** The last sample until then, then the first one after. */
  private List<Sample> around(Instant at) {
    int after = 0;
    while (after < samples.size() && !samples.get(after).sampledAt().isAfter(at)) {
      after++;
    }
    return Stream.of(after - 1, after)
        .filter(index -> index >= 0 && index < samples.size())
        .map(samples::get)
        .toList();
  }
}
