package dev.headroom.engine.kernel;

import dev.headroom.model.Verdict;
import java.util.List;
import java.util.OptionalLong;

/**
 * What one policy would have done to one instance.
 *
 * @param kills one outcome for each kill, in time order
 * @param blocks the refused statements of the point result that were kept, in the order of their
 *     refusal
 * @param blockCounts all refused statements of the point result
 * @param pessimisticBlocks those kept, had every candidate been refused
 * @param pessimisticBlockCounts all, likewise
 * @param breaches intervals above the limit in which there was nobody to refuse
 * @param noDecisions how often the rule had no usable answer; the limit before it stayed
 * @param limits the limit decided at each sample; empty where none was
 * @param exposure the time that was evaluated
 */
public record ReplayOutcome(
    List<KillOutcome> kills,
    List<Block> blocks,
    BlockCounts blockCounts,
    List<Block> pessimisticBlocks,
    BlockCounts pessimisticBlockCounts,
    int breaches,
    int noDecisions,
    List<OptionalLong> limits,
    Exposure exposure) {

  public ReplayOutcome {
    kills = List.copyOf(kills);
    blocks = List.copyOf(blocks);
    pessimisticBlocks = List.copyOf(pessimisticBlocks);
    limits = List.copyOf(limits);
  }

  /** The same without the limits, which are the bulk of it. */
  public ReplayOutcome withoutLimits() {
    return new ReplayOutcome(
        kills,
        blocks,
        blockCounts,
        pessimisticBlocks,
        pessimisticBlockCounts,
        breaches,
        noDecisions,
        List.of(),
        exposure);
  }

  /** How many kills have this verdict in the point result. */
  public long count(Verdict verdict) {
    return kills.stream().filter(kill -> kill.verdict() == verdict).count();
  }

  /** How many kills have this verdict in the pessimistic bound. */
  public long countPessimistic(Verdict verdict) {
    return kills.stream().filter(kill -> kill.pessimisticVerdict() == verdict).count();
  }
}
