package dev.headroom.engine.kernel;

import dev.headroom.engine.kernel.RefusalRun.Judgement;
import dev.headroom.engine.kernel.SideBySideSums.Sum;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * One policy's replay over one recording: a state machine that is fed chunk by chunk.
 *
 * <p>The hot path is {@link #decideAndCompare}, for a policy that decides at every sample: {@link
 * DecidedLimits} tells its story. Cadence, lag, outages and answers that are no decision take
 * {@link #decideSlowly}, sample by sample, which means the same: {@code ReplayPropertyTest}
 * compares the two and counts that each was taken.
 */
final class PolicyRun {

  private static final double GIB_HOURS = (double) (1L << 30) * 3600e9;
  private static final long NS_PER_MS = 1_000_000;

  /** What all policies of a pass use in turn; see {@link SideBySideSums#addAll}. */
  static final class Scratch {
    final double[] answers;
    final DecidedLimits decided;
    final SideBySideSums sums;
    final long[] limitBytes;
    final int[] above;

    Scratch(int chunkSamples) {
      answers = new double[chunkSamples];
      decided = new DecidedLimits(answers);
      sums = new SideBySideSums(chunkSamples);
      limitBytes = new long[chunkSamples];
      above = new int[chunkSamples];
    }
  }

  private final ReplayPolicy policy;
  private final LimitRule.Run rule;
  private final LimitState state;
  private final RefusalRun point;
  private final RefusalRun pessimistic;
  private final List<Long> limitAtKill = new ArrayList<>();

  /** By sample, the limit decided there; null when nobody wants to know. */
  private final @Nullable List<OptionalLong> decided;

  private final @Nullable LimitListener listener;
  private final boolean fast;
  private int aboveCount;
  private long comparedNs;
  private final Sum overPromise = new Sum();
  private final Sum slack = new Sum();
  private long fastSamples;
  private long slowSamples;

  PolicyRun(
      ReplayInput input,
      ReplayPolicy policy,
      BlockOptions blocks,
      boolean keepLimits,
      @Nullable LimitListener listener) {
    this.policy = policy;
    this.listener = listener;
    rule = policy.rule().start(input.instanceId());
    state = new LimitState(policy, input.turnsNs());
    boolean clairvoyant = policy.kind() == ReplayPolicy.Kind.HINDSIGHT;
    point =
        new RefusalRun(
            clairvoyant ? Refuser.CASUALTIES : Refuser.UNTIL_IT_FITS,
            new BlockLog(blocks.keepsPoint(), blocks.horizonNs()));
    pessimistic =
        clairvoyant
            ? point
            : new RefusalRun(
                Refuser.EVERY_CANDIDATE,
                new BlockLog(blocks.keepsPessimistic(), blocks.horizonNs()));
    decided = keepLimits ? new ArrayList<>() : null;
    fast = state.isImmediate() && !keepLimits;
  }

  void feed(ReplayChunk chunk, Scratch scratch) {
    if (policy.kind().decides() && chunk.size() > 0) {
      rule.limits(chunk, scratch.answers);
    }
    int from = 0;
    for (ReplayChunk.Happening happening : chunk.happenings) {
      advance(chunk, scratch, from, happening.position(), false);
      from = happening.position();
      switch (happening) {
        case ReplayChunk.Denied(_, ReplayEvent.Denial denial) -> denial(denial);
        case ReplayChunk.Killed(_, KillFacts facts) -> kill(facts);
      }
    }
    advance(chunk, scratch, from, chunk.size(), true);
  }

  private void advance(ReplayChunk chunk, Scratch scratch, int from, int to, boolean last) {
    if (!policy.kind().decides()) {
      if (decided != null) {
        for (int sample = from; sample < to; sample++) {
          decided.add(OptionalLong.empty());
        }
      }
      return;
    }
    aboveCount = 0;
    int sample = from;
    while (sample < to) {
      if (fast && !chunk.hasDown && state.inForceBytes() != LimitState.NO_LIMIT) {
        sample = decideAndCompare(chunk, scratch, sample, to, last);
      }
      if (sample < to) {
        decideSlowly(chunk, scratch, sample++);
      }
    }
    point.walk(chunk, from, to, scratch.limitBytes, scratch.above, aboveCount);
    pessimistic.walk(chunk, from, to, scratch.limitBytes, scratch.above, aboveCount);
  }

  /**
   * Goes on until an answer is no decision; returns the sample whose it is.
   *
   * @param last whether nothing of this chunk comes after {@code to}
   */
  private int decideAndCompare(ReplayChunk chunk, Scratch scratch, int from, int to, boolean last) {
    DecidedLimits limits = scratch.decided;
    int end = limits.start(state, from, to);
    if (end == from) {
      return end;
    }
    compare(state.inForceBytes(), chunk.startHeadroom[from], (long) chunk.comparedNs[from]);
    comparedNs += chunk.comparedNsBefore[end] - chunk.comparedNsBefore[from + 1];
    limits.compare(chunk, overPromise, slack, scratch.sums);
    if (!last || end < to) {
      scratch.sums.addAll();
    }
    if (chunk.largestWatchedPeak > Math.min(state.inForceBytes(), limits.smallestBytes(state))
        || aboveCount > 0
        || point.isRefusing()
        || pessimistic.isRefusing()) {
      findAbove(chunk, scratch, from, end);
    }
    if (listener != null) {
      for (int sample = from; sample < end; sample++) {
        listener.decided(chunk.samples.timeNs[sample], state.clamp(scratch.answers[sample]));
      }
    }
    state.decidedAtOnce(state.clamp(scratch.answers[end - 1]));
    fastSamples += end - from;
    return end;
  }

  private void findAbove(ReplayChunk chunk, Scratch scratch, int from, int to) {
    double[] answers = scratch.answers;
    long[] limits = scratch.limitBytes;
    int[] above = scratch.above;
    long[] peak = chunk.watchedPeak;
    int count = aboveCount;
    long limit = state.inForceBytes();
    for (int sample = from; sample < to; sample++) {
      limits[sample] = limit;
      if (peak[sample] > limit) {
        above[count++] = sample;
      }
      limit = state.clamp(answers[sample]);
    }
    aboveCount = count;
  }

  private void decideSlowly(ReplayChunk chunk, Scratch scratch, int sample) {
    slowSamples++;
    long nowNs = chunk.samples.timeNs[sample];
    OptionalLong decision = OptionalLong.empty();
    if (chunk.step[sample] != ReplayChunk.DOWN) {
      long limit = state.inForceBytes();
      scratch.limitBytes[sample] = limit;
      if (chunk.watchedPeak[sample] > limit) {
        scratch.above[aboveCount++] = sample;
      }
      compare(limit, chunk.startHeadroom[sample], (long) chunk.comparedNs[sample]);
      decision = state.decideIfDue(nowNs, scratch.answers[sample]);
      if (listener != null && decision.isPresent()) {
        listener.decided(nowNs, decision.getAsLong());
      }
    }
    state.advanceTo(nowNs);
    if (decided != null) {
      decided.add(decision);
    }
  }

  private void compare(long limit, double headroom, long durationNs) {
    if (limit != LimitState.NO_LIMIT) {
      comparedNs += durationNs;
      overPromise.add(Math.max(0, limit - headroom) * durationNs);
      slack.add(Math.max(0, headroom - limit) * durationNs);
    }
  }

  private void denial(ReplayEvent.Denial denial) {
    long limit = state.inForceBytes(denial.timeNs());
    point.denial(denial, limit);
    if (pessimistic != point) {
      pessimistic.denial(denial, limit);
    }
  }

  private void kill(KillFacts facts) {
    limitAtKill.add(state.inForceBytes(facts.kill().timeNs()));
    long limit = state.inForceBytes();
    KillFacts.End end = facts.end();
    if (end != null) {
      compare(limit, end.startHeadroom(), end.comparedNs());
    }
    point.kill(facts, limit);
    if (pessimistic != point) {
      pessimistic.kill(facts, limit);
    }
  }

  /** How many samples took the hot path, and how many were gone over one by one. */
  long fastSamples() {
    return fastSamples;
  }

  long slowSamples() {
    return slowSamples;
  }

  /** What the policy would have done; call once, after the last chunk. */
  ReplayOutcome outcome(Exposure of) {
    point.end();
    pessimistic.end();
    List<KillOutcome> kills = new ArrayList<>();
    for (int i = 0; i < limitAtKill.size(); i++) {
      kills.add(
          kill(point.judgements().get(i), pessimistic.judgements().get(i), limitAtKill.get(i)));
    }
    boolean compared = comparedNs > 0;
    return new ReplayOutcome(
        kills,
        point.blocks(),
        point.blockCounts(),
        pessimistic.blocks(),
        pessimistic.blockCounts(),
        point.breaches(),
        state.noDecisions(),
        decided == null ? List.of() : decided,
        new Exposure(
            of.instanceDays(),
            of.backendHours(),
            of.gaps(),
            of.gapHours(),
            comparedNs / ExposureTotals.NS_PER_HOUR,
            compared ? (Double) (overPromise.value() / GIB_HOURS) : null,
            compared ? (Double) (slack.value() / GIB_HOURS) : null));
  }

  private static KillOutcome kill(Judgement point, Judgement pessimistic, long limitBytes) {
    Long leadNs = point.leadNs();
    return new KillOutcome(
        point.kill().killId(),
        point.kill().incidentId(),
        point.firstKillId(),
        point.kill().timeNs(),
        point.kill().victim().identity(),
        point.verdict(),
        pessimistic.verdict(),
        limitBytes == LimitState.NO_LIMIT ? null : (Long) limitBytes,
        point.reliefBytes(),
        point.marginBytes(),
        point.blockableBytes(),
        leadNs == null ? null : (Long) (leadNs / NS_PER_MS));
  }
}
