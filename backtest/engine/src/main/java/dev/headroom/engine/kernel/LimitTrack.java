package dev.headroom.engine.kernel;

import dev.headroom.model.Policy;
import java.util.Arrays;
import java.util.OptionalLong;

/** The limits one policy decided over one recording, and which of them was in force when. */
final class LimitTrack {

  /** In force: no limit. No memory reaches it, so nothing is ever refused under it. */
  static final long NO_LIMIT = Long.MAX_VALUE;

  /** Decided at each sample; {@link #NO_LIMIT} where nothing was. */
  private final long[] decidedBytes;

  private final int noDecisions;
  private final long[] forceFromNs;
  private final long[] forceBytes;

  private LimitTrack(Decider decider) {
    decidedBytes = decider.decidedBytes;
    noDecisions = decider.noDecisions;
    forceFromNs = Arrays.copyOf(decider.forceFromNs, decider.decisions);
    forceBytes = Arrays.copyOf(decider.forceBytes, decider.decisions);
  }

  static LimitTrack of(ReplayInput input, ReplayPolicy policy) {
    Decider decider = new Decider(input, policy);
    if (policy.kind().decides()) {
      Timeline.walk(input, decider);
    }
    return new LimitTrack(decider);
  }

  /** The limit in force at this time in bytes, or {@link #NO_LIMIT}. */
  long inForceBytes(long timeNs) {
    int found = Arrays.binarySearch(forceFromNs, timeNs);
    int index = found >= 0 ? found : -found - 2;
    return index < 0 ? NO_LIMIT : forceBytes[index];
  }

  /** How often the rule was asked and had no usable answer. */
  int noDecisions() {
    return noDecisions;
  }

  /** The limit decided at this sample. */
  OptionalLong decidedBytes(int sample) {
    return asOptional(decidedBytes[sample]);
  }

  static OptionalLong asOptional(long limitBytes) {
    return limitBytes == NO_LIMIT ? OptionalLong.empty() : OptionalLong.of(limitBytes);
  }

  /** Decides at every sample at which a decision is due. */
  private static final class Decider implements Timeline.Visitor {
    private final ReplayInput input;
    private final LimitRule.Run run;
    private final long cadenceNs;
    private final long lagNs;
    private final long minimumBytes;
    private final long maximumBytes;

    final long[] decidedBytes;
    final long[] forceFromNs;
    final long[] forceBytes;
    int decisions;
    int noDecisions;

    private boolean everAsked;
    private long lastAskedNs;

    Decider(ReplayInput input, ReplayPolicy policy) {
      this.input = input;
      run = policy.rule().start(input);
      cadenceNs = policy.cadence().toNanos();
      lagNs = policy.lag().toNanos();
      minimumBytes = policy.minimumBytes().orElse(0);
      maximumBytes = policy.maximumBytes().orElse(NO_LIMIT - 1);
      decidedBytes = new long[input.sampleCount()];
      Arrays.fill(decidedBytes, NO_LIMIT);
      forceFromNs = new long[input.sampleCount()];
      forceBytes = new long[input.sampleCount()];
    }

    @Override
    public void firstSample(int sample) {
      decideIfDue(sample);
    }

    @Override
    public void interval(int sample) {
      decideIfDue(sample);
    }

    @Override
    public void gap(int sample) {
      decideIfDue(sample);
    }

    @Override
    public void sampleWhileDown(int sample) {
      run.observe(sample);
    }

    private void decideIfDue(int sample) {
      run.observe(sample);
      long nowNs = input.timeNs[sample];
      if (everAsked && nowNs - lastAskedNs < cadenceNs) {
        return;
      }
      everAsked = true;
      lastAskedNs = nowNs;
      OptionalLong limit = Policy.limitBytes(run.limitBytes(sample), minimumBytes, maximumBytes);
      if (limit.isEmpty()) {
        noDecisions++;
        return;
      }
      decidedBytes[sample] = limit.getAsLong();
      forceFromNs[decisions] = nowNs + lagNs;
      forceBytes[decisions] = limit.getAsLong();
      decisions++;
    }
  }
}
