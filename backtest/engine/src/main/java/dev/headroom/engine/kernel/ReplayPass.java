package dev.headroom.engine.kernel;

import dev.headroom.model.Fidelity;
import dev.headroom.model.Sample;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/**
 * Many policies over one recording that is read once: every chunk is shown to every policy before
 * the next one is read. Memory grows with policies, kills and the refusals that are kept, not with
 * samples.
 */
public final class ReplayPass {

  /**
   * How many samples are read at a time. The dozen columns that a policy goes over stay in the
   * cache nearest the core; fewer samples make the turns between policies felt.
   */
  public static final int CHUNK_SAMPLES = 512;

  private final ReplayInput input;
  private final ChunkReader reader;
  private final PolicyRun.Scratch scratch;
  private final List<PolicyRun> runs;
  private final Map<UUID, Sample> lastSampleByKill = new HashMap<>();

  /** Starts a pass; nothing is read yet. */
  public ReplayPass(ReplayInput input, List<ReplayPolicy> policies, BlockOptions blocks) {
    this(input, policies, blocks, CHUNK_SAMPLES, false);
  }

  /** Starts a pass of one policy whose limits somebody wants to hear. */
  public ReplayPass(
      ReplayInput input, ReplayPolicy policy, BlockOptions blocks, LimitListener limits) {
    this(input, CHUNK_SAMPLES, List.of(new PolicyRun(input, policy, blocks, false, limits)));
  }

  ReplayPass(
      ReplayInput input,
      List<ReplayPolicy> policies,
      BlockOptions blocks,
      int chunkSamples,
      boolean keepLimits) {
    this(
        input,
        chunkSamples,
        policies.stream()
            .map(policy -> new PolicyRun(input, policy, blocks, keepLimits, null))
            .toList());
  }

  private ReplayPass(ReplayInput input, int chunkSamples, List<PolicyRun> runs) {
    this.input = input;
    this.runs = runs;
    reader = new ChunkReader(input, chunkSamples);
    scratch = new PolicyRun.Scratch(chunkSamples);
  }

  /**
   * Reads the next chunk and shows it to every policy.
   *
   * @return false when there was none left
   */
  public boolean next() {
    if (!reader.next()) {
      return false;
    }
    ReplayChunk chunk = reader.chunk();
    for (PolicyRun run : runs) {
      run.feed(chunk, scratch);
    }
    scratch.sums.addAll();
    for (ReplayChunk.Happening happening : chunk.happenings) {
      if (happening instanceof ReplayChunk.Killed(_, KillFacts facts)
          && facts.lastSample() != null) {
        lastSampleByKill.put(facts.kill().killId(), facts.lastSample());
      }
    }
    return true;
  }

  /** What was evaluated of the recording; the same under every policy but for the limits. */
  public Exposure exposure() {
    ExposureTotals totals = reader.exposure();
    return new Exposure(
        totals.instanceDays(),
        input.fidelity() == Fidelity.CGROUP ? null : (Double) totals.backendHours(),
        totals.gaps(),
        totals.gapHours(),
        0,
        null,
        null);
  }

  /** What each policy would have done, in their order; call once, after the last chunk. */
  public List<ReplayOutcome> outcomes() {
    Exposure exposure = exposure();
    return runs.stream().map(run -> run.outcome(exposure)).toList();
  }

  /** The last sample before a kill that was judged, if there was one. */
  public Optional<Sample> findLastSample(UUID killId) {
    return Optional.ofNullable(lastSampleByKill.get(killId));
  }

  /** How many samples were only compared with a limit, over all policies. */
  long fastSamples() {
    return runs.stream().mapToLong(PolicyRun::fastSamples).sum();
  }

  /** How many samples a policy went over one by one, over all policies. */
  long slowSamples() {
    return runs.stream().mapToLong(PolicyRun::slowSamples).sum();
  }
}
