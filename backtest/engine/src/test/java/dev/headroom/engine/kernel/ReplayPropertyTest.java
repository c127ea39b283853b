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

  private static final int RECORDINGS = 6000;
  private static final int ENOUGH = 50;
  private static final long NS_PER_SECOND = 1_000_000_000L;

  private static long seed() {
    long seed = Long.getLong("headroom.seed", new Random().nextLong());
    System.out.println("ReplayPropertyTest: -Dheadroom.seed=" + seed);
    return seed;
  }

  private static ReplayPolicy policy(double[] limits, Duration cadence, Duration lag) {
    return new ReplayPolicy(
        "random limits",
        ReplayPolicy.Kind.CANDIDATE,
        _ -> sample -> limits[sample],
        cadence,
        lag,
        OptionalLong.empty(),
        OptionalLong.empty());
  }

  @Test
  void replay_agreesWithThePlainImplementation_onRandomRecordings() {
    long seed = seed();
    Map<Verdict, Integer> met = new EnumMap<>(Verdict.class);
    for (int i = 0; i < RECORDINGS; i++) {
      Random random = new Random(seed + i);
      InstanceRecording recording = RandomRecording.of(random);
      if (ReplayInput.of(recording).fidelity() != Fidelity.GUARD) {
        continue; // no process in any sample
      }
      double[] limits = RandomRecording.limits(random, recording.samples().size());
      Duration cadence = Duration.ofMillis(500L * random.nextInt(4));
      Duration lag = Duration.ofMillis(500L * random.nextInt(4));

      ReplayOutcome outcome = Replay.run(ReplayInput.of(recording), policy(limits, cadence, lag));

      String which = "seed %d, recording %d".formatted(seed, i);
      PlainReplay.Result point = new PlainReplay(recording, limits, cadence, lag, false).run();
      PlainReplay.Result every = new PlainReplay(recording, limits, cadence, lag, true).run();
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
      point.kills().forEach(kill -> met.merge(kill.verdict(), 1, Integer::sum));
    }
    assertThat(met).as("every verdict is met often enough to mean something").hasSize(7);
    assertThat(met.values()).allMatch(count -> count >= ENOUGH);
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
    return ReplayPolicy.candidate(Policy.of("formula", text), new FormulaRule(Formula.parse(text)));
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
