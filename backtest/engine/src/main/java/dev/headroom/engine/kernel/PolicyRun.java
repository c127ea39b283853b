package dev.headroom.engine.kernel;

import dev.headroom.engine.kernel.RefusalRun.Judgement;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * One policy's replay over one recording: a state machine that is fed chunk by chunk.
 *
 * <p>The hot path is {@link #decideAndCompare}: for a policy that decides at every sample it turns
 * answers into limits, adds up over-promise and slack, and notes the samples whose peak is above
 * the limit, in one loop over four columns that writes one. It costs about as much as the two
 * additions it cannot reorder, for sums must not depend on chunks. Cadence, lag, outages and
 * answers that are no decision take {@link #decideSlowly}, sample by sample, which means the same:
 * {@code ReplayPropertyTest} compares the two and counts that each was taken.
 */
final class PolicyRun {

  private static final double GIB_HOURS = (double) (1L << 30) * 3600e9;
  private static final long NS_PER_MS = 1_000_000;

  /** Arrays that all policies of a pass use in turn. */
  static final class Scratch {
    final double[] answers;
    final long[] limitBytes;
    final int[] above;

    Scratch(int chunkSamples) {
      answers = new double[chunkSamples];
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

  private final boolean fast;
  private int aboveCount;
  private long comparedNs;
  private double overPromise;
  private double slack;
  private long fastSamples;
  private long slowSamples;

  PolicyRun(ReplayInput input, ReplayPolicy policy, boolean keepLimits) {
    this.policy = policy;
    rule = policy.rule().start(input.instanceId());
    state = new LimitState(policy);
    boolean clairvoyant = policy.kind() == ReplayPolicy.Kind.HINDSIGHT;
    point = new RefusalRun(clairvoyant ? Refuser.CASUALTIES : Refuser.UNTIL_IT_FITS);
    pessimistic = clairvoyant ? point : new RefusalRun(Refuser.EVERY_CANDIDATE);
    decided = keepLimits ? new ArrayList<>() : null;
    fast = state.isImmediate() && !keepLimits;
  }

  void feed(ReplayChunk chunk, Scratch scratch) {
    if (policy.kind().decides() && chunk.size() > 0) {
      rule.limits(chunk, scratch.answers);
    }
    int from = 0;
    for (ReplayChunk.Happening happening : chunk.happenings) {
      advance(chunk, scratch, from, happening.position());
      from = happening.position();
      switch (happening) {
        case ReplayChunk.Denied(_, ReplayEvent.Denial denial) -> denial(denial);
        case ReplayChunk.Killed(_, KillFacts facts) -> kill(facts);
      }
    }
    advance(chunk, scratch, from, chunk.size());
  }

  private void advance(ReplayChunk chunk, Scratch scratch, int from, int to) {
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
        sample = decideAndCompare(chunk, scratch, sample, to);
      }
      if (sample < to) {
        decideSlowly(chunk, scratch, sample++);
      }
    }
    point.walk(chunk, from, to, scratch.limitBytes, scratch.above, aboveCount);
    pessimistic.walk(chunk, from, to, scratch.limitBytes, scratch.above, aboveCount);
  }

  /** Goes on until an answer is no decision; returns the sample whose it is. */
  private int decideAndCompare(ReplayChunk chunk, Scratch scratch, int from, int to) {
    double[] answers = scratch.answers;
    long[] limits = scratch.limitBytes;
    int[] above = scratch.above;
    long[] peak = chunk.watchedPeak;
    double[] headroom = chunk.startHeadroom;
    double[] ns = chunk.comparedNs;
    long limit = state.inForceBytes();
    double over = overPromise;
    double under = slack;
    int count = aboveCount;
    int sample = from;
    for (; sample < to; sample++) {
      double answer = answers[sample];
      if (!LimitState.isDecision(answer)) {
        break;
      }
      limits[sample] = limit;
      if (peak[sample] > limit) {
        above[count++] = sample;
      }
      double beyond = limit - headroom[sample];
      double area = beyond * ns[sample];
      if (beyond > 0) {
        over += area;
      } else {
        under -= area;
      }
      limit = state.clamp(answer);
    }
    if (sample > from) {
      comparedNs += chunk.comparedNsBefore[sample] - chunk.comparedNsBefore[from];
      state.decidedAtOnce(limit);
      fastSamples += sample - from;
    }
    aboveCount = count;
    overPromise = over;
    slack = under;
    return sample;
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
    }
    state.advanceTo(nowNs);
    if (decided != null) {
      decided.add(decision);
    }
  }

  private void compare(long limit, double headroom, long durationNs) {
    if (limit != LimitState.NO_LIMIT) {
      comparedNs += durationNs;
      overPromise += Math.max(0, limit - headroom) * durationNs;
      slack += Math.max(0, headroom - limit) * durationNs;
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
        pessimistic.blocks(),
        point.breaches(),
        state.noDecisions(),
        decided == null ? List.of() : decided,
        new Exposure(
            of.instanceDays(),
            of.backendHours(),
            of.gaps(),
            of.gapHours(),
            comparedNs / ExposureTotals.NS_PER_HOUR,
            compared ? (Double) (overPromise / GIB_HOURS) : null,
            compared ? (Double) (slack / GIB_HOURS) : null));
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
