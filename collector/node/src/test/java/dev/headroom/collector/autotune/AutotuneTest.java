package dev.headroom.collector.autotune;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.headroom.collector.guard.PolicyLimit;
import dev.headroom.formula.FormulaException;
import dev.headroom.model.Fact;
import dev.headroom.model.Facts;
import dev.headroom.model.GuardMode;
import dev.headroom.model.InstanceId;
import dev.headroom.model.MemoryLimit;
import dev.headroom.model.Policy;
import dev.headroom.model.Sample;
import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class AutotuneTest {

  private static final long MIB = 1 << 20;
  private static final InstanceId ID = InstanceId.of("node", "/db", "/data");
  private static final Instant START = Instant.parse("2026-11-20T12:00:00Z");
  private static final Policy TALK = Policy.of("talk", "memory_max - shmem");
  private static final Policy HALF = Policy.of("half", "memory_max * 0.5");

  /** 1024 MiB of which 24 MiB are shmem leave 1000; half of it is 512. */
  @Test
  void everyPolicy_decidesAtASample_eachInItsPlace() {
    Autotune autotune =
        new Autotune(GuardPlan.of(GuardMode.ENFORCE, TALK, List.of(HALF)), LimitDamping.NONE);

    Autotune.Round round = autotune.observe(sample(0, 24 * MIB), false);

    assertThat(round.limit().map(PolicyLimit::limitBytes)).contains(1000 * MIB);
    assertThat(round.shadows().getFirst().map(PolicyLimit::limitBytes)).contains(512 * MIB);
    assertThat(round.decisions())
        .extracting(Autotune.Due::mode)
        .containsExactly(GuardMode.ENFORCE, GuardMode.SHADOW);
    Evaluation talk = round.decisions().getFirst().evaluation();
    assertThat(talk.policyId()).matches("talk@[0-9a-f]{8}");
    assertThat(talk.inputs()).isEqualTo(Map.of("memory_max", 1024.0 * MIB, "shmem", 24.0 * MIB));
    assertThat(talk.reason()).isNull();
  }

  @Test
  void absentInput_isNoDecision_andTheLimitBeforeStays() {
    Autotune autotune =
        new Autotune(GuardPlan.of(GuardMode.SHADOW, TALK, List.of()), LimitDamping.NONE);
    autotune.observe(sample(0, 24 * MIB), false);

    Autotune.Round round = autotune.observe(sample(1, null), false);

    assertThat(round.limit().map(PolicyLimit::limitBytes)).contains(1000 * MIB);
    Evaluation none = round.decisions().getFirst().evaluation();
    assertThat(none.limitBytes()).isNull();
    assertThat(none.reason()).isEqualTo("the formula gave NaN; absent: shmem");
    assertThat(none.inputs()).containsOnlyKeys("memory_max");
  }

  @Test
  void beforeTheFirstDecision_thereIsNoLimit() {
    Autotune autotune =
        new Autotune(GuardPlan.of(GuardMode.ENFORCE, TALK, List.of(TALK_TWICE)), LimitDamping.NONE);

    Autotune.Round round = autotune.observe(sample(0, null), false);

    assertThat(round.limit()).isEmpty();
    assertThat(round.shadows()).containsExactly(Optional.empty());
    assertThat(round.decisions()).hasSize(2);
  }

  private static final Policy TALK_TWICE = Policy.of("again", "memory_max - shmem");

  @Test
  void negativeResult_isNoDecision() {
    Autotune autotune =
        new Autotune(
            GuardPlan.of(GuardMode.SHADOW, Policy.of("low", "shmem - memory_max"), List.of()),
            LimitDamping.NONE);

    Evaluation none =
        autotune.observe(sample(0, 24 * MIB), false).decisions().getFirst().evaluation();

    assertThat(none.limitBytes()).isNull();
    assertThat(none.reason()).startsWith("the formula gave -1.0");
  }

  /** Every 2 s: at 0, 2 and 4, with windows that saw 1 and 3 as well. */
  @Test
  void cadence_isTheLeastTimeBetweenDecisions_andEverySampleIsSeen() {
    Policy calm =
        new Policy(
            "calm", "max_over_time(shmem, 10s)", Duration.ofSeconds(2), Duration.ZERO, null, null);
    Autotune autotune =
        new Autotune(GuardPlan.of(GuardMode.SHADOW, calm, List.of()), LimitDamping.NONE);

    List<Integer> decided =
        List.of(0, 1, 2, 3, 4).stream()
            .filter(second ->
                !autotune
                    .observe(sample(second, second == 1 ? 90 * MIB : MIB), false)
                    .decisions()
                    .isEmpty())
            .toList();

    assertThat(decided).containsExactly(0, 2, 4);
    assertThat(autotune.observe(sample(5, MIB), false).limit().map(PolicyLimit::limitBytes))
        .contains(90 * MIB);
  }

  /** The window of 10 s saw 90 MiB as a shadow and still knows it when the policy is in force. */
  @Test
  void aPolicyThatStays_keepsItsPast_whereverItGoes() {
    Policy peak = Policy.of("peak", "max_over_time(shmem, 10s)");
    Autotune autotune =
        new Autotune(GuardPlan.of(GuardMode.SHADOW, null, List.of(HALF, peak)), LimitDamping.NONE);
    autotune.observe(sample(0, 90 * MIB), false);

    autotune.follow(GuardPlan.of(GuardMode.ENFORCE, peak, List.of(TALK)));
    Autotune.Round round = autotune.observe(sample(1, MIB), false);

    assertThat(round.limit().map(PolicyLimit::limitBytes)).contains(90 * MIB);
    assertThat(round.shadows().getFirst().map(PolicyLimit::limitBytes)).contains(1023 * MIB);
    autotune.follow(GuardPlan.OFF);
    assertThat(autotune.observe(sample(2, MIB), false).decisions()).isEmpty();
    assertThat(autotune.observe(sample(3, MIB), false).limit()).isEmpty();
  }

  /** At 0 because it is the first, at 2 and 4 because something happened; never in between. */
  @Test
  void aPolicyOnEvents_decidesAtTheFirstSampleAfterEach() {
    Policy onEvents =
        new Policy(
            "on-events",
            "memory_max - shmem",
            Policy.Trigger.EVENTS,
            Duration.ZERO,
            Duration.ZERO,
            null,
            null);
    Autotune autotune =
        new Autotune(GuardPlan.of(GuardMode.ENFORCE, onEvents, List.of()), LimitDamping.NONE);
    List<Integer> decided =
        List.of(0, 1, 2, 3, 4).stream()
            .filter(second ->
                !autotune
                    .observe(sample(second, second * MIB), second == 2 || second == 4)
                    .decisions()
                    .isEmpty())
            .toList();
    assertThat(decided).containsExactly(0, 2, 4);
    assertThat(autotune.observe(sample(5, 500 * MIB), false).limit().map(PolicyLimit::limitBytes))
        .contains(1020 * MIB);
  }

  @Test
  void dampedLimit_isInForceInsteadOfTheDecided_andTheDecisionSaysSo() {
    Autotune autotune =
        new Autotune(
            GuardPlan.of(GuardMode.ENFORCE, TALK, List.of()),
            new LimitDamping(10 * MIB, 0, OptionalLong.empty()));
    autotune.observe(sample(0, 24 * MIB), false);

    Autotune.Round round = autotune.observe(sample(1, 29 * MIB), false);

    assertThat(round.limit().map(PolicyLimit::limitBytes)).contains(1000 * MIB);
    Autotune.Due due = round.decisions().getFirst();
    assertThat(due.evaluation().limitBytes()).isEqualTo(995 * MIB);
    assertThat(due.heldBack()).contains("dead band");
  }

  @Test
  void withoutAnswers_theRoundSaysSinceWhen_untilThereIsOne() {
    Autotune autotune =
        new Autotune(GuardPlan.of(GuardMode.ENFORCE, TALK, List.of()), LimitDamping.NONE);
    assertThat(autotune.observe(sample(0, MIB), false).unanswered()).isEmpty();
    autotune.observe(sample(1, null), false);
    assertThat(autotune.observe(sample(2, null), false).unanswered())
        .hasValueSatisfying(none -> {
          assertThat(none.since()).isEqualTo(START.plusSeconds(1));
          assertThat(none.reason()).contains("absent: shmem");
        });
    assertThat(autotune.observe(sample(3, MIB), false).unanswered()).isEmpty();
  }

  @Test
  void planThatMakesNoSense_isRefused() {
    assertThatThrownBy(() -> GuardPlan.of(GuardMode.ENFORCE, null, List.of()))
        .hasMessage("a guard that enforces needs a limit's formula");
    assertThatThrownBy(() -> GuardPlan.of(GuardMode.OFF, TALK, List.of()))
        .hasMessageContaining("a guard that is off judges no limit");
    assertThatThrownBy(() -> GuardPlan.of(GuardMode.SHADOW, TALK, Collections.nCopies(9, HALF)))
        .hasMessageContaining("at most 8 shadow limits, not 9");
    assertThatThrownBy(() -> GuardPlan.of(GuardMode.SHADOW, TALK, List.of(TALK)))
        .hasMessageContaining("two of the limits have the same name and formula");
    assertThatThrownBy(
            () -> GuardPlan.of(GuardMode.SHADOW, Policy.of("a".repeat(60), "anon"), List.of()))
        .hasMessageContaining("give it a shorter name");
    assertThatThrownBy(
            () -> GuardPlan.of(GuardMode.SHADOW, Policy.of("bad", "memory_max -"), List.of()))
        .isInstanceOf(FormulaException.class);
  }

  private static Sample sample(int second, @org.jspecify.annotations.Nullable Long shmem) {
    Facts.Builder facts = Facts.builder();
    if (shmem != null) {
      facts.set(Fact.SHMEM, shmem);
    }
    return new Sample(
        ID, START.plusSeconds(second), MemoryLimit.ofBytes(1024 * MIB), facts.build(), List.of());
  }
}
