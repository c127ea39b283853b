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
    Autotune autotune = new Autotune(new GuardPlan(GuardMode.ENFORCE, TALK, List.of(HALF)));

    Autotune.Round round = autotune.observe(sample(0, 24 * MIB));

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
    Autotune autotune = new Autotune(new GuardPlan(GuardMode.SHADOW, TALK, List.of()));
    autotune.observe(sample(0, 24 * MIB));

    Autotune.Round round = autotune.observe(sample(1, null));

    assertThat(round.limit().map(PolicyLimit::limitBytes)).contains(1000 * MIB);
    Evaluation none = round.decisions().getFirst().evaluation();
    assertThat(none.limitBytes()).isNull();
    assertThat(none.reason()).isEqualTo("the formula gave NaN; absent: shmem");
    assertThat(none.inputs()).containsOnlyKeys("memory_max");
  }

  @Test
  void beforeTheFirstDecision_thereIsNoLimit() {
    Autotune autotune = new Autotune(new GuardPlan(GuardMode.ENFORCE, TALK, List.of(TALK_TWICE)));

    Autotune.Round round = autotune.observe(sample(0, null));

    assertThat(round.limit()).isEmpty();
    assertThat(round.shadows()).containsExactly(Optional.empty());
    assertThat(round.decisions()).hasSize(2);
  }

  private static final Policy TALK_TWICE = Policy.of("again", "memory_max - shmem");

  @Test
  void negativeResult_isNoDecision() {
    Autotune autotune =
        new Autotune(
            new GuardPlan(GuardMode.SHADOW, Policy.of("low", "shmem - memory_max"), List.of()));

    Evaluation none = autotune.observe(sample(0, 24 * MIB)).decisions().getFirst().evaluation();

    assertThat(none.limitBytes()).isNull();
    assertThat(none.reason()).startsWith("the formula gave -1.0");
  }

  /** Every 2 s: at 0, 2 and 4, with windows that saw 1 and 3 as well. */
  @Test
  void cadence_isTheLeastTimeBetweenDecisions_andEverySampleIsSeen() {
    Policy calm =
        new Policy(
            "calm", "max_over_time(shmem, 10s)", Duration.ofSeconds(2), Duration.ZERO, null, null);
    Autotune autotune = new Autotune(new GuardPlan(GuardMode.SHADOW, calm, List.of()));

    List<Integer> decided =
        List.of(0, 1, 2, 3, 4).stream()
            .filter(second ->
                !autotune
                    .observe(sample(second, second == 1 ? 90 * MIB : MIB))
                    .decisions()
                    .isEmpty())
            .toList();

    assertThat(decided).containsExactly(0, 2, 4);
    assertThat(autotune.observe(sample(5, MIB)).limit().map(PolicyLimit::limitBytes))
        .contains(90 * MIB);
  }

  @Test
  void planThatMakesNoSense_isRefused() {
    assertThatThrownBy(() -> new GuardPlan(GuardMode.ENFORCE, null, List.of()))
        .hasMessage("a guard that enforces needs a limit's formula");
    assertThatThrownBy(() -> new GuardPlan(GuardMode.OFF, TALK, List.of()))
        .hasMessageContaining("a guard that is off judges no limit");
    assertThatThrownBy(() -> new GuardPlan(GuardMode.SHADOW, TALK, Collections.nCopies(9, HALF)))
        .hasMessageContaining("at most 8 shadow limits, not 9");
    assertThatThrownBy(() -> new GuardPlan(GuardMode.SHADOW, TALK, List.of(TALK)))
        .hasMessageContaining("two of the limits have the same name and formula");
    assertThatThrownBy(
            () -> new GuardPlan(GuardMode.SHADOW, Policy.of("a".repeat(60), "anon"), List.of()))
        .hasMessageContaining("give it a shorter name");
    assertThatThrownBy(
            () -> new GuardPlan(GuardMode.SHADOW, Policy.of("bad", "memory_max -"), List.of()))
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
