package dev.headroom.engine.kernel;

import dev.headroom.engine.kernel.RefusalReplay.Judgement;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The replay: a pure function of one instance's recording and a policy, as section 4 of the design
 * has it. {@code docs/replay.md} explains every step.
 */
public final class Replay {

  private static final long NS_PER_MS = 1_000_000;

  private Replay() {}

  /** Why this policy cannot be replayed over this recording, if it cannot: there is no data. */
  public static Optional<String> findObstacle(ReplayInput input, ReplayPolicy policy) {
    return policy.findObstacle(input);
  }

  /** What the policy would have done. */
  public static ReplayOutcome run(ReplayInput input, ReplayPolicy policy) {
    LimitTrack limits = LimitTrack.of(input, policy);
    boolean clairvoyant = policy.kind() == ReplayPolicy.Kind.HINDSIGHT;
    RefusalReplay point =
        RefusalReplay.of(input, limits, clairvoyant ? Refuser.CASUALTIES : Refuser.UNTIL_IT_FITS);
    RefusalReplay pessimistic =
        clairvoyant ? point : RefusalReplay.of(input, limits, Refuser.EVERY_CANDIDATE);
    return new ReplayOutcome(
        kills(input, limits, point, pessimistic),
        point.blocks(),
        pessimistic.blocks(),
        point.breaches(),
        limits.noDecisions(),
        limits(input, limits),
        ExposureMeter.measure(input, limits));
  }

  /** What was evaluated of the recording; the same under every policy but for the limits. */
  public static Exposure exposure(ReplayInput input) {
    return ExposureMeter.measure(input, LimitTrack.of(input, ReplayPolicy.never()));
  }

  /** The limit this policy decides at each sample; empty where it decides none. */
  public static List<OptionalLong> limits(ReplayInput input, ReplayPolicy policy) {
    return limits(input, LimitTrack.of(input, policy));
  }

  private static List<OptionalLong> limits(ReplayInput input, LimitTrack limits) {
    return IntStream.range(0, input.sampleCount()).mapToObj(limits::decidedBytes).toList();
  }

  private static List<KillOutcome> kills(
      ReplayInput input, LimitTrack limits, RefusalReplay point, RefusalReplay pessimistic) {
    List<KillOutcome> kills = new ArrayList<>();
    for (int i = 0; i < point.judgements().size(); i++) {
      kills.add(kill(input, limits, point.judgements().get(i), pessimistic.judgements().get(i)));
    }
    return kills;
  }

  private static KillOutcome kill(
      ReplayInput input, LimitTrack limits, Judgement point, Judgement pessimistic) {
    long inForce = limits.inForceBytes(point.kill().timeNs());
    return new KillOutcome(
        point.kill().killId(),
        point.kill().incidentId(),
        point.firstKillId(),
        point.kill().timeNs(),
        input.process(point.kill().victimSlot()),
        point.verdict(),
        pessimistic.verdict(),
        inForce == LimitTrack.NO_LIMIT ? null : (Long) inForce,
        point.reliefBytes(),
        point.marginBytes(),
        point.blockableBytes(),
        toMs(point.leadNs()));
  }

  private static @Nullable Long toMs(@Nullable Long ns) {
    return ns == null ? null : (Long) (ns / NS_PER_MS);
  }
}
