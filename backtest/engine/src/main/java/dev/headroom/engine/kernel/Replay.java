package dev.headroom.engine.kernel;

import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * The replay: a pure function of one instance's recording and a policy, as section 4 of the design
 * has it. {@code docs/replay.md} explains every step.
 */
public final class Replay {

  private Replay() {}

  /** Why this policy cannot be replayed over this recording, if it cannot: there is no data. */
  public static Optional<String> findObstacle(ReplayInput input, ReplayPolicy policy) {
    return policy.findObstacle(input);
  }

  /** What the policy would have done, with its limit at each sample. */
  public static ReplayOutcome run(ReplayInput input, ReplayPolicy policy) {
    return run(input, List.of(policy), ReplayPass.CHUNK_SAMPLES, true).outcomes().getFirst();
  }

  /** What was evaluated of the recording; the same under every policy but for the limits. */
  public static Exposure exposure(ReplayInput input) {
    return run(input, List.of(), ReplayPass.CHUNK_SAMPLES, false).exposure();
  }

  /** The limit this policy decides at each sample; empty where it decides none. */
  public static List<OptionalLong> limits(ReplayInput input, ReplayPolicy policy) {
    return run(input, policy).limits();
  }

  static ReplayPass run(
      ReplayInput input, List<ReplayPolicy> policies, int chunkSamples, boolean keepLimits) {
    ReplayPass pass = new ReplayPass(input, policies, BlockOptions.ALL, chunkSamples, keepLimits);
    while (pass.next()) {
      // every call reads and replays one chunk
    }
    return pass;
  }
}
