package dev.headroom.engine.casefile;

import dev.headroom.engine.kernel.CaseFacts;
import dev.headroom.engine.kernel.ReplayPolicy;
import dev.headroom.model.InstanceRecording;
import java.util.List;
import java.util.Map;

/**
 * A worked example: a small recording, a policy, and what must come out.
 *
 * @param name of the case
 * @param place where it stands, {@code file:line:column}
 * @param why what it shows, in one line
 * @param recording its samples and events
 * @param facts what it states beside them
 * @param policy what is replayed
 * @param samplePositions for each sample of the recording its position in the case, where missing
 *     samples count too
 * @param expected what is compared, by the path of its key, in the order of the file
 */
public record ReplayCase(
    String name,
    String place,
    String why,
    InstanceRecording recording,
    CaseFacts facts,
    ReplayPolicy policy,
    List<Integer> samplePositions,
    Map<String, String> expected) {}
