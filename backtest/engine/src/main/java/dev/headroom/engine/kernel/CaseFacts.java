package dev.headroom.engine.kernel;

import dev.headroom.model.BackendKind;
import java.util.Map;
import java.util.UUID;

/**
 * What a worked case states although no recording can hold it.
 *
 * @param inputs inputs of a formula by name, one value for each sample, NaN where absent; they take
 *     the place of what the samples say
 * @param allocatedBytesAtKill what each process, by pid, held at a kill
 * @param kindByPid what the processes are for that only a kill names
 */
public record CaseFacts(
    Map<String, double[]> inputs,
    Map<UUID, Map<Integer, Long>> allocatedBytesAtKill,
    Map<Integer, BackendKind> kindByPid) {

  /** Nothing beside the recording. */
  public static final CaseFacts NONE = new CaseFacts(Map.of(), Map.of(), Map.of());

  public CaseFacts {
    inputs = Map.copyOf(inputs);
    allocatedBytesAtKill = Map.copyOf(allocatedBytesAtKill);
    kindByPid = Map.copyOf(kindByPid);
  }
}
