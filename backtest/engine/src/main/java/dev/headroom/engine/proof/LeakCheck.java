package dev.headroom.engine.proof;

import dev.headroom.engine.backtest.Candidate;
import dev.headroom.engine.kernel.Replay;
import dev.headroom.engine.kernel.ReplayInput;
import dev.headroom.engine.kernel.ReplayPolicy;
import dev.headroom.model.InstanceId;
import dev.headroom.model.InstanceRecording;
import dev.headroom.model.Sample;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.SplittableRandom;
import java.util.function.Function;

/**
 * Proves that limits come from the past: a recording that ends at a decision must give the same
 * limits, bit by bit, as one that goes on.
 */
public final class LeakCheck {

  private LeakCheck() {}

  /** What computes limits: the engine that is checked. */
  @FunctionalInterface
  public interface LimitEngine {

    /** The limit decided at each sample; empty where none is. */
    List<OptionalLong> limits(InstanceRecording recording);

    /** The engine of every backtest, for this candidate. */
    static LimitEngine of(Candidate candidate) {
      ReplayPolicy policy = candidate.replayPolicy();
      return recording -> Replay.limits(ReplayInput.of(recording), policy);
    }
  }

  /**
   * A limit that changes when what came later is taken away.
   *
   * @param decidedAt which decision
   * @param cutAt the last moment that the shorter recording has
   * @param knowing the limit with the future, in bytes
   * @param notKnowing the limit without it
   */
  public record Leak(
      InstanceId instanceId,
      Instant decidedAt,
      Instant cutAt,
      OptionalLong knowing,
      OptionalLong notKnowing) {}

  /**
   * What a check found.
   *
   * @param cuts recordings that were cut short
   * @param decisions limits that were compared
   * @param leaks the first of each cut that has one
   */
  public record Finding(int cuts, long decisions, List<Leak> leaks) {
    public static final Finding NOTHING = new Finding(0, 0, List.of());

    public Finding {
      leaks = List.copyOf(leaks);
    }

    /** Both together. */
    public Finding plus(Finding other) {
      List<Leak> all = new ArrayList<>(leaks);
      all.addAll(other.leaks);
      return new Finding(cuts + other.cuts, decisions + other.decisions, all);
    }
  }

  /**
   * Cuts one instance's recording at random decisions.
   *
   * @param cuts how many; no more than there are samples are made
   * @param seed which; the same seed cuts at the same ones
   */
  public static Finding check(
      InstanceRecording recording, LimitEngine engine, int cuts, long seed) {
    List<Sample> samples = recording.samples();
    if (samples.isEmpty()) {
      return Finding.NOTHING;
    }
    List<OptionalLong> knowing = engine.limits(recording);
    int made = Math.min(cuts, samples.size());
    long compared = 0;
    List<Leak> leaks = new ArrayList<>();
    for (int last : drawn(samples.size(), made, seed)) {
      Instant cutAt = samples.get(last).sampledAt();
      List<OptionalLong> notKnowing = engine.limits(until(recording, cutAt));
      compared += notKnowing.size();
      findLeak(recording, cutAt, knowing, notKnowing).ifPresent(leaks::add);
    }
    return new Finding(made, compared, leaks);
  }

  private static Optional<Leak> findLeak(
      InstanceRecording recording,
      Instant cutAt,
      List<OptionalLong> knowing,
      List<OptionalLong> notKnowing) {
    for (int i = 0; i < notKnowing.size(); i++) {
      if (!notKnowing.get(i).equals(knowing.get(i))) {
        return Optional.of(
            new Leak(
                recording.instance().id(),
                recording.samples().get(i).sampledAt(),
                cutAt,
                knowing.get(i),
                notKnowing.get(i)));
      }
    }
    return Optional.empty();
  }

  private static int[] drawn(int samples, int count, long seed) {
    return new SplittableRandom(seed).ints(0, samples).distinct().limit(count).sorted().toArray();
  }

  /** What was known at this moment. */
  private static InstanceRecording until(InstanceRecording recording, Instant moment) {
    return new InstanceRecording(
        recording.instance(),
        notAfter(recording.samples(), sample -> sample.sampledAt(), moment),
        notAfter(recording.kills(), kill -> kill.killedAt(), moment),
        notAfter(recording.instanceEvents(), event -> event.occurredAt(), moment),
        notAfter(recording.guardEvents(), event -> event.occurredAt(), moment),
        notAfter(recording.decisions(), decision -> decision.decidedAt(), moment));
  }

  private static <T> List<T> notAfter(List<T> all, Function<T, Instant> timeOf, Instant moment) {
    return all.stream().filter(each -> !timeOf.apply(each).isAfter(moment)).toList();
  }
}
