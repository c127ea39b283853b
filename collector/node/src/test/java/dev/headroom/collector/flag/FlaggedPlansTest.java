package dev.headroom.collector.flag;

import static dev.headroom.collector.flag.FlagFixtures.FREE;
import static dev.headroom.collector.flag.FlagFixtures.ROLLOUT;
import static dev.headroom.collector.flag.FlagFixtures.T0;
import static dev.headroom.collector.flag.FlagFixtures.rollout;
import static dev.headroom.collector.flag.FlagFixtures.state;
import static org.assertj.core.api.Assertions.assertThat;

import dev.headroom.collector.autotune.GuardPlan;
import dev.headroom.collector.autotune.PlanSource.Guidance;
import dev.headroom.collector.autotune.PlanSource.Hold;
import dev.headroom.collector.autotune.PlanSource.Lead;
import dev.headroom.collector.autotune.PlanSource.Leave;
import dev.headroom.collector.autotune.PlanSource.Release;
import dev.headroom.collector.autotune.PlannedPolicy;
import dev.headroom.model.GuardMode;
import dev.headroom.model.Policy;
import dev.headroom.model.rollout.FlagState;
import dev.headroom.model.rollout.RolloutStage;
import dev.openfeature.sdk.FeatureProvider;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FlaggedPlansTest {

  @TempDir private Path folder;
  private Instant now = T0;
  private final KnownFlags known = new KnownFlags(() -> now, Duration.ofMinutes(15));
  private final List<String> problems = new ArrayList<>();

  @Test
  void enforce_leadsByThePolicyOfItsId_andKnowsTheRollout() {
    known.confirm(
        state(
            7,
            rollout(ROLLOUT, "talk@1", RolloutStage.ENFORCE, null),
            rollout(new UUID(9, 9), "neon@2", RolloutStage.SHADOW, null)));
    GuardPlan plan = lead(guide());
    assertThat(plan.mode()).isEqualTo(GuardMode.ENFORCE);
    assertThat(plan.limit())
        .isEqualTo(
            new PlannedPolicy("talk@1", Policy.of("talk@1", "memory_max * 0.5"), ROLLOUT, 0.95));
    assertThat(plan.shadows())
        .containsExactly(
            new PlannedPolicy(
                "neon@2", Policy.of("neon@2", "memory_max * 0.5"), new UUID(9, 9), 1.0));
  }

  @Test
  void withoutRollouts_theGuardIsLeft_andAStopTurnsItOff() {
    known.confirm(FlagState.EMPTY);
    assertThat(guide()).isEqualTo(new Leave());
    known.confirm(new FlagState(1, Optional.of("incident"), List.of(), List.of()));
    assertThat(lead(guide())).isEqualTo(GuardPlan.OFF);
  }

  @Test
  void flagsThatAreTooOld_releaseTheGuard() {
    assertThat(guide()).isInstanceOf(Release.class);
    known.confirm(FlagFixtures.enforced());
    now = T0.plus(Duration.ofMinutes(16));
    assertThat(((Release) guide()).why()).contains("last confirmed at 2026-11-20T12:00:00Z");
  }

  @Test
  void aPolicyThatIsUnknownOrWrong_holdsWhatWasThere() {
    FlagState named = FlagFixtures.enforced();
    known.confirm(new FlagState(8, Optional.empty(), named.rollouts(), List.of()));
    assertThat(((Hold) guide()).why())
        .isEqualTo("policy 'talk@1' is named by a flag and known nowhere");
    try (FlaggedPlans plans =
        new FlaggedPlans(
            new HeadroomProvider(known),
            id -> Optional.of(Policy.of(id, "memory_max -")),
            (id, problem) -> problems.add(problem))) {
      assertThat(((Hold) plans.guide(FREE, Map.of())).why())
          .startsWith("policy 'talk@1' cannot be used: ");
    }
  }

  /** One bad candidate is told and left out; the others and the policy in force go on. */
  @Test
  void aCandidateThatCannotBeJudged_isLeftOut() throws IOException {
    Path file =
        flagd(
            """
            {"flags": {
              "headroom.guard.mode": {"state": "ENABLED", "variants": {"on": "enforce"}, "defaultVariant": "on"},
              "headroom.guard.policy": {"state": "ENABLED", "variants": {"a": "neon"}, "defaultVariant": "a"},
              "headroom.guard.candidates":
                {"state": "ENABLED", "variants": {"a": "nothing,neon,talk,talk"}, "defaultVariant": "a"}}}
            """);
    try (FlaggedPlans plans = plans(provider(file))) {
      GuardPlan plan = lead(plans.guide(FREE, Map.of()));
      assertThat(Objects.requireNonNull(plan.limit()).policyId()).isEqualTo("neon");
      assertThat(plan.shadows()).extracting(PlannedPolicy::policyId).containsExactly("talk");
      assertThat(problems)
          .containsExactly(
              "a candidate is not judged: policy 'nothing' is named by a flag and known nowhere");
    }
  }

  @Test
  void aFlagdFile_decidesByLabelsAndInstances_andIsReadAgainWhenItChanges() throws IOException {
    String text =
        """
        {"flags": {
          "headroom.guard.mode": {
            "state": "ENABLED",
            "variants": {"enforce": "enforce", "shadow": "shadow", "off": "off"},
            "defaultVariant": "off",
            "metadata": {"rolloutId": "00000000-0000-0000-0000-0000000000aa", "assignmentProbability": 0.5},
            "targeting": {"if": [
              {"in": [{"var": "targetingKey"}, ["%s"]]}, "enforce",
              {"==": [{"var": "labels.tier"}, "gold"]}, "shadow",
              null]}},
          "headroom.guard.policy": {"state": "ENABLED", "variants": {"talk": "talk"}, "defaultVariant": "talk"},
          "headroom.guard.candidates": {"state": "ENABLED", "variants": {"none": ""}, "defaultVariant": "none"}}}
        """
            .formatted(FREE);
    Path file = flagd(text);
    try (FlaggedPlans plans = plans(provider(file))) {
      assertThat(lead(plans.guide(FREE, Map.of())).mode()).isEqualTo(GuardMode.ENFORCE);
      var other = FlagFixtures.instances(1, 99).getFirst();
      assertThat(lead(plans.guide(other, Map.of("tier", "gold"))).mode())
          .isEqualTo(GuardMode.SHADOW);
      assertThat(plans.guide(other, Map.of("tier", "tin"))).isEqualTo(new Leave());

      Files.writeString(file, text.replace("\"%s\"".formatted(FREE), "\"nobody\""));
      now = now.plusSeconds(1);
      assertThat(plans.guide(FREE, Map.of())).isEqualTo(new Leave());

      Files.writeString(file, "{\"flags\": ");
      now = now.plusSeconds(1);
      assertThat(plans.guide(FREE, Map.of())).isEqualTo(new Leave());
      assertThat(problems).anyMatch(problem -> problem.contains("cannot be used"));
      now = now.plus(Duration.ofMinutes(16));
      assertThat(plans.guide(FREE, Map.of())).isInstanceOf(Release.class);
    }
  }

  @Test
  void aFlagThatSaysNonsense_holds() throws IOException {
    Path file =
        flagd(
            """
            {"flags": {
              "headroom.guard.mode": {"state": "ENABLED", "variants": {"on": "forbid"}, "defaultVariant": "on"},
              "headroom.guard.policy": {"state": "ENABLED", "variants": {"a": ""}, "defaultVariant": "a"},
              "headroom.guard.candidates": {"state": "ENABLED", "variants": {"a": ""}, "defaultVariant": "a"}}}
            """);
    try (FlaggedPlans plans = plans(provider(file))) {
      assertThat(((Hold) plans.guide(FREE, Map.of())).why())
          .isEqualTo(
              "headroom.guard.mode says 'forbid', which is neither off nor shadow nor enforce");
    }
    Path unsupported =
        flagd(
            """
            {"flags": {"headroom.guard.mode": {"state": "ENABLED", "variants": {"on": "enforce"},
              "defaultVariant": "on", "targeting": {"sem_ver": ["1", ">", "2"]}}}}
            """);
    try (FlaggedPlans plans = plans(provider(unsupported))) {
      assertThat(((Hold) plans.guide(FREE, Map.of())).why()).contains("cannot be evaluated");
    }
  }

  private Guidance guide() {
    try (FlaggedPlans plans = plans(new HeadroomProvider(known))) {
      return plans.guide(FREE, Map.of());
    }
  }

  private FlaggedPlans plans(FeatureProvider provider) {
    return new FlaggedPlans(
        provider,
        id ->
            known
                .findPolicy(id)
                .or(() ->
                    List.of("talk", "neon").contains(id)
                        ? Optional.of(Policy.of(id, "memory_max * 0.5"))
                        : Optional.empty()),
        (id, problem) -> problems.add(problem));
  }

  private FlagdProvider provider(Path file) {
    return new FlagdProvider(file, Duration.ofMinutes(15), () -> now, problems::add);
  }

  private Path flagd(String text) throws IOException {
    return Files.writeString(Files.createTempFile(folder, "flags", ".json"), text);
  }

  private static GuardPlan lead(Guidance guidance) {
    assertThat(guidance).isInstanceOf(Lead.class);
    return ((Lead) guidance).plan();
  }
}
