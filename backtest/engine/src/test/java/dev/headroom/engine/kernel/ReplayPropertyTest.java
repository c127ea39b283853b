package dev.headroom.engine.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import dev.headroom.formula.Formula;
import dev.headroom.model.Fidelity;
import dev.headroom.model.InstanceRecording;
import dev.headroom.model.Policy;
import dev.headroom.model.Sample;
import dev.headroom.model.Verdict;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Random;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The replay against {@link PlainReplay}, and against its own past. */
final class ReplayPropertyTest {

  /** The long form is {@code -Dheadroom.replay.recordings=10000}. */
  private static final int RECORDINGS = Integer.getInteger("headroom.replay.recordings", 3000);

  private static final int ENOUGH = 20;
  private static final double BYTE_NS_PER_GIB_HOUR = (double) (1L << 30) * 3600e9;
  private static final long NS_PER_SECOND = 1_000_000_000L;

  private static long seed() {
    long seed = Long.getLong("headroom.seed", new Random().nextLong());
    System.out.println("ReplayPropertyTest: -Dheadroom.seed=" + seed);
    return seed;
  }

  private static ReplayPolicy policy(
      double[] limits, Policy.Trigger decidesOn, Duration cadence, Duration lag) {
    return new ReplayPolicy(
        "random limits",
        ReplayPolicy.Kind.CANDIDATE,
        _ ->
            (chunk, limitBytes) ->
                System.arraycopy(limits, chunk.first(), limitBytes, 0, chunk.size()),
        decidesOn,
        cadence,
        lag,
        OptionalLong.empty(),
        OptionalLong.empty());
  }

  @Test
  void replay_agreesWithThePlainImplementation_onRandomRecordings() {
    long seed = seed();
    Map<Verdict, Integer> met = new EnumMap<>(Verdict.class);
    long fastSamples = 0;
    long slowSamples = 0;
    for (int i = 0; i < RECORDINGS; i++) {
      Random random = new Random(seed + i);
      InstanceRecording recording = RandomRecording.of(random);
      if (ReplayInput.of(recording).fidelity() != Fidelity.GUARD) {
        continue; // no process in any sample
      }
      double[] limits = RandomRecording.limits(random, recording.samples().size());
      boolean immediate = random.nextBoolean();
      Duration cadence = Duration.ofMillis(immediate ? 0 : 500L * random.nextInt(4));
      Duration lag = Duration.ofMillis(immediate ? 0 : 500L * random.nextInt(4));
      Policy.Trigger decidesOn =
          immediate || random.nextInt(4) > 0 ? Policy.Trigger.CADENCE : Policy.Trigger.EVENTS;
      ReplayPolicy policy = policy(limits, decidesOn, cadence, lag);
      ReplayInput input = ReplayInput.of(recording);
      int chunkSamples = random.nextInt(1, 16);

      ReplayOutcome outcome = Replay.run(input, policy);
      ReplayPass pass = Replay.run(input, List.of(policy, policy), chunkSamples, false);

      String which = "seed %d, recording %d, chunks of %d".formatted(seed, i, chunkSamples);
      assertThat(pass.outcomes())
          .as(which)
          .containsExactly(outcome.withoutLimits(), outcome.withoutLimits());
      fastSamples += pass.fastSamples();
      slowSamples += pass.slowSamples();
      PlainReplay.Result point =
          new PlainReplay(recording, limits, decidesOn, cadence, lag, false).run();
      PlainReplay.Result every =
          new PlainReplay(recording, limits, decidesOn, cadence, lag, true).run();
      assertThat(outcome.limits().stream().map(ReplayPropertyTest::orNull).toList())
          .as(which)
          .isEqualTo(point.limits());
      assertThat(outcome.noDecisions()).as(which).isEqualTo(point.noDecisions());
      assertThat(outcome.breaches()).as(which).isEqualTo(point.breaches());
      assertThat(told(outcome)).as(which).isEqualTo(point.kills());
      assertThat(outcome.kills().stream().map(KillOutcome::pessimisticVerdict).toList())
          .as(which)
          .isEqualTo(every.kills().stream().map(PlainReplay.Told::verdict).toList());
      assertThat(refused(outcome.blocks())).as(which).isEqualTo(point.refused());
      assertThat(refused(outcome.pessimisticBlocks())).as(which).isEqualTo(every.refused());
      assertThat(counted(input, policy, chunkSamples)).as(which).isEqualTo(withoutBlocks(outcome));
      assertThat(distance(outcome.exposure())).as(which).isEqualTo(distance(point.distance()));
      point.kills().forEach(kill -> met.merge(kill.verdict(), 1, Integer::sum));
    }
    assertThat(met).as("every verdict is met often enough to mean something").hasSize(7);
    assertThat(met.values()).allMatch(count -> count >= ENOUGH);
    assertThat(fastSamples).as("samples on the hot path").isGreaterThan(RECORDINGS);
    assertThat(slowSamples).as("samples beside it").isGreaterThan(RECORDINGS);
  }

  /** What is said of a policy when its refused statements are counted and not kept. */
  private static ReplayOutcome counted(ReplayInput input, ReplayPolicy policy, int chunkSamples) {
    BlockOptions counts = new BlockOptions(BlockOptions.Kept.NONE, BlockOptions.ANY_TIME);
    ReplayPass pass = new ReplayPass(input, List.of(policy), counts, chunkSamples, false);
    while (pass.next()) {
      // to the end
    }
    return pass.outcomes().getFirst();
  }

  private static ReplayOutcome withoutBlocks(ReplayOutcome whole) {
    return new ReplayOutcome(
        whole.kills(),
        List.of(),
        counts(whole.blocks()),
        List.of(),
        counts(whole.pessimisticBlocks()),
        whole.breaches(),
        whole.noDecisions(),
        List.of(),
        whole.exposure());
  }

  private static BlockCounts counts(List<Block> blocks) {
    return BlockCounts.of(blocks.stream().map(Block::blockClass).toList());
  }

  private static List<@Nullable Double> distance(Exposure exposure) {
    return Arrays.asList(
        exposure.comparedHours(), exposure.overPromiseGibHours(), exposure.slackGibHours());
  }

  private static List<@Nullable Double> distance(PlainReplay.Distance plain) {
    boolean compared = plain.comparedNs() > 0;
    return Arrays.asList(
        plain.comparedNs() / 3600e9,
        compared ? (Double) (plain.overPromise() / BYTE_NS_PER_GIB_HOUR) : null,
        compared ? (Double) (plain.slack() / BYTE_NS_PER_GIB_HOUR) : null);
  }

  /** Bounds that no double can tell, and limits beyond any memory, are not for the hot path. */
  @Test
  void bounds_areTheSameOnBothPaths() {
    long[] some = {0, 1, 3 << 20, 1L << 30, (1L << 53) + 1, Long.MAX_VALUE - 2};
    long seed = seed();
    long fastSamples = 0;
    for (int i = 0; i < RECORDINGS / 10; i++) {
      Random random = new Random(seed + i);
      InstanceRecording recording = RandomRecording.of(random);
      double[] limits = RandomRecording.limits(random, recording.samples().size());
      for (int sample = 0; sample < limits.length; sample++) {
        limits[sample] *= random.nextInt(20) == 0 ? 1e15 * random.nextDouble() : 1;
      }
      int low = random.nextInt(some.length);
      ReplayPolicy free = policy(limits, Policy.Trigger.CADENCE, Duration.ZERO, Duration.ZERO);
      ReplayPolicy policy =
          new ReplayPolicy(
              free.name(),
              free.kind(),
              free.rule(),
              free.decidesOn(),
              free.cadence(),
              free.lag(),
              random.nextBoolean() ? OptionalLong.of(some[low]) : OptionalLong.empty(),
              random.nextBoolean()
                  ? OptionalLong.of(some[random.nextInt(low, some.length)])
                  : OptionalLong.empty());
      ReplayInput input = ReplayInput.of(recording);
      ReplayPass pass =
          Replay.run(input, Collections.nCopies(11, policy), random.nextInt(1, 16), false);
      assertThat(pass.outcomes())
          .as("seed %d, recording %d".formatted(seed, i))
          .containsOnly(Replay.run(input, policy).withoutLimits());
      fastSamples += pass.fastSamples();
    }
    assertThat(fastSamples).as("samples on the hot path").isGreaterThan(RECORDINGS);
  }

  @Test
  void aLimitThatIsNeverReached_isOnlyCompared() {
    int samples = 10_000;
    InstanceRecording recording = RandomRecording.quiet(samples);
    ReplayPass pass =
        Replay.run(ReplayInput.of(recording), List.of(formula("memory_max - shmem")), 1000, false);

    // the first sample has no limit before it
    assertThat(pass.fastSamples()).isEqualTo(samples - 1);
    assertThat(pass.slowSamples()).isEqualTo(1);
    assertThat(pass.outcomes().getFirst().blocks()).isEmpty();
  }

  private static @Nullable Long orNull(OptionalLong value) {
    return value.isPresent() ? (Long) value.getAsLong() : null;
  }

  private static List<PlainReplay.Told> told(ReplayOutcome outcome) {
    return outcome.kills().stream()
        .map(kill ->
            new PlainReplay.Told(
                kill.verdict(), kill.reliefBytes(), kill.blockableBytes(), kill.leadMs()))
        .toList();
  }

  private static List<PlainReplay.Refused> refused(List<Block> blocks) {
    return blocks.stream()
        .map(block ->
            new PlainReplay.Refused(
                block.blockClass(),
                block.process().pid(),
                block.statementNumber(),
                Instant.ofEpochSecond(
                    block.refusedAtNs() / NS_PER_SECOND, block.refusedAtNs() % NS_PER_SECOND)))
        .toList();
  }

  @Test
  void limits_areBitEqual_whenTheFutureIsCutOff() {
    long seed = seed();
    List<Function<InstanceRecording, ReplayPolicy>> policies =
        List.of(
            _ -> formula("memory_max - allocated - 1MiB"),
            _ -> formula("max_over_time(allocated, 2s) + 10MiB"),
            _ -> formula("memory_max - avg_over_time(allocated, 3s)"),
            _ -> ReplayPolicy.random(seed),
            _ -> ReplayPolicy.current());
    int compared = 0;
    for (int i = 0; i < 500; i++) {
      Random random = new Random(seed + i);
      InstanceRecording whole = RandomRecording.of(random);
      if (whole.samples().isEmpty()) {
        continue;
      }
      int keep = random.nextInt(1, whole.samples().size() + 1);
      InstanceRecording cut = cutAfter(whole, whole.samples().get(keep - 1));
      for (Function<InstanceRecording, ReplayPolicy> policy : policies) {
        assertThat(Replay.limits(ReplayInput.of(cut), policy.apply(cut)))
            .as("seed %d, recording %d, %d samples kept", seed, i, keep)
            .isEqualTo(Replay.limits(ReplayInput.of(whole), policy.apply(whole)).subList(0, keep));
        compared += keep;
      }
    }
    assertThat(compared).isGreaterThan(1000);
  }

  private static ReplayPolicy formula(String text) {
    return ReplayPolicy.candidate(
        Policy.of("formula", text), FormulaRule.compiled(Formula.parse(text)));
  }

  private static InstanceRecording cutAfter(InstanceRecording whole, Sample last) {
    Instant end = last.sampledAt();
    return new InstanceRecording(
        whole.instance(),
        whole.samples().stream().filter(s -> !s.sampledAt().isAfter(end)).toList(),
        whole.kills().stream().filter(k -> !k.killedAt().isAfter(end)).toList(),
        whole.instanceEvents().stream().filter(e -> !e.occurredAt().isAfter(end)).toList(),
        whole.guardEvents().stream().filter(e -> !e.occurredAt().isAfter(end)).toList(),
        whole.decisions().stream().filter(d -> !d.decidedAt().isAfter(end)).toList());
  }
}
