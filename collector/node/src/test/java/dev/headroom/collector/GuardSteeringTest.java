package dev.headroom.collector;

import static org.assertj.core.api.Assertions.assertThat;

import dev.headroom.collector.autotune.GuardPlan;
import dev.headroom.collector.autotune.LimitDamping;
import dev.headroom.collector.autotune.PlanSource;
import dev.headroom.collector.flag.StopFile;
import dev.headroom.collector.guard.Guards;
import dev.headroom.collector.kernel.EventClock;
import dev.headroom.collector.spool.Spool;
import dev.headroom.model.CollectorEvent;
import dev.headroom.model.Decision;
import dev.headroom.model.Fact;
import dev.headroom.model.Facts;
import dev.headroom.model.GuardMode;
import dev.headroom.model.InstanceId;
import dev.headroom.model.MemoryLimit;
import dev.headroom.model.Observation;
import dev.headroom.model.Policy;
import dev.headroom.model.Sample;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How long things hold, second by second, with a clock that is set and no guard at all. */
class GuardSteeringTest {

  private static final InstanceId ID = InstanceId.of("node", "/db", "/data");
  private static final GuardPlan ENFORCE =
      GuardPlan.of(GuardMode.ENFORCE, Policy.of("talk", "memory_max - shmem"), List.of());
  private static final String NO_GUARD = "no guard is loaded";

  @TempDir private Path folder;
  private long bootNs;
  private Spool spool;
  private Guards guards;
  private EventClock clock;
  private StopFile stop;
  private GuardSteering steering;
  private PlanSource.Guidance guidance = new PlanSource.Lead(ENFORCE);

  @BeforeEach
  void open() throws IOException {
    spool = Spool.open(folder.resolve("spool"), 64L << 20);
    guards = new Guards();
    clock =
        EventClock.open(
            folder.resolve("clock"), "boot", () -> bootNs, () -> Instant.EPOCH.plusNanos(bootNs));
    stop = new StopFile(folder);
    CollectorMetrics metrics = new CollectorMetrics(new SimpleMeterRegistry());
    LifeTurns turns = new LifeTurns();
    steering =
        new GuardSteering(
            (_, _) -> guidance,
            new GuardSteering.Bounds(Duration.ofSeconds(10), Duration.ofSeconds(60)),
            LimitDamping.NONE,
            stop,
            guards,
            turns,
            clock,
            new EventRecorder("node", clock, spool, metrics, turns),
            metrics);
  }

  @AfterEach
  void close() throws IOException {
    guards.close();
    spool.close();
  }

  /** Absent from 1 s on: held after 10 s more, let go after 60 s, led again at 71 s. */
  @Test
  void aPolicyWithoutALimit_isHeld_thenLetGo_thenLedAgain() throws IOException {
    steer(0, 24L);
    for (int second = 1; second <= 70; second++) {
      steer(second, null);
    }
    steer(71, 24L);

    assertThat(told())
        .extracting(CollectorEvent::kind)
        .containsExactly(
            CollectorEvent.Kind.STEERING_HELD,
            CollectorEvent.Kind.STEERING_RELEASED,
            CollectorEvent.Kind.STEERING_RESUMED);
    assertThat(told().getFirst().detail()).contains("talk@").contains("absent: shmem");
    assertThat(told().getFirst().durationMs()).isEqualTo(11_000);
    assertThat(told().get(1).durationMs()).isEqualTo(61_000);
  }

  @Test
  void anAnswerInBetween_startsTheBoundAnew_andABlipIsNotTold() throws IOException {
    for (int second = 0; second <= 200; second++) {
      steer(second, second % 9 == 0 ? 24L : null);
    }
    assertThat(told()).isEmpty();
  }

  @Test
  void aPlanThatCannotBeMade_leavesTheOneBefore_thenLetsGo() throws IOException {
    steer(0, 24L);
    guidance = new PlanSource.Hold("policy 'x' is named by a flag and known nowhere");
    for (int second = 1; second <= 70; second++) {
      steer(second, 24L);
    }
    List<Decision> decisions = all(Decision.class);
    assertThat(decisions).hasSize(71);
    assertThat(decisions.get(61).reason()).isEqualTo(NO_GUARD);
    assertThat(decisions.get(62).reason())
        .isEqualTo("the guard is let go: policy 'x' is named by a flag and known nowhere");
    assertThat(told())
        .extracting(CollectorEvent::kind)
        .containsExactly(CollectorEvent.Kind.STEERING_HELD, CollectorEvent.Kind.STEERING_RELEASED);
  }

  @Test
  void flagsThatNoLongerHold_letGoAtOnce() throws IOException {
    steer(0, 24L);
    guidance = new PlanSource.Release("the flags were last confirmed long ago");
    steer(1, 24L);
    assertThat(all(Decision.class).getLast().reason()).startsWith("the guard is let go: the flags");
    assertThat(told())
        .extracting(CollectorEvent::kind)
        .containsExactly(CollectorEvent.Kind.STEERING_RELEASED);
  }

  @Test
  void aGuardThatNobodyLeads_isLeftAlone_alsoWithoutFlagsAtTheStart() throws IOException {
    guidance = new PlanSource.Leave();
    steer(0, 24L);
    guidance = new PlanSource.Release("no flags were ever read");
    steer(1, 24L);
    assertThat(all(Decision.class)).isEmpty();
    assertThat(told()).isEmpty();
  }

  @Test
  void aStop_isToldOnce_andIsTheReasonOfEveryDecision_untilItIsLifted() throws IOException {
    stop.stop("incident", "ann", Instant.EPOCH);
    steer(0, 24L);
    steer(1, 24L);
    stop.lift("over", "ann", Instant.EPOCH);
    steer(2, 24L);
    assertThat(told())
        .extracting(CollectorEvent::kind)
        .containsExactly(CollectorEvent.Kind.GUARDS_STOPPED, CollectorEvent.Kind.GUARDS_RESUMED);
    assertThat(all(Decision.class)).extracting(Decision::applied).containsOnly(false);
  }

  @Test
  void aSampleThatIsLate_orOlderThanTheOneBefore_changesNothing() throws IOException {
    steer(20, 24L);
    bootNs = Duration.ofSeconds(40).toNanos();
    steering.steer(sample(25, 24L), Map.of());
    assertThat(all(Decision.class).getLast().reason()).isEqualTo("samples come too late to act on");
    steering.steer(sample(10, 24L), Map.of());
    assertThat(all(Decision.class)).hasSize(2);
  }

  private void steer(int second, @Nullable Long shmem) {
    bootNs = Duration.ofSeconds(second).toNanos();
    steering.steer(sample(second, shmem), Map.of());
  }

  private static Sample sample(int second, @Nullable Long shmem) {
    Facts.Builder facts = Facts.builder();
    if (shmem != null) {
      facts.set(Fact.SHMEM, shmem);
    }
    return new Sample(
        ID,
        Instant.EPOCH.plusSeconds(second),
        MemoryLimit.ofBytes(1L << 30),
        facts.build(),
        List.of());
  }

  private List<CollectorEvent> told() throws IOException {
    return all(CollectorEvent.class);
  }

  private <T extends Observation> List<T> all(Class<T> type) throws IOException {
    List<T> found = new ArrayList<>();
    for (Observation each : spool.read(10_000, 64L << 20, (bytes, damage) -> {}).observations()) {
      if (type.isInstance(each)) {
        found.add(type.cast(each));
      }
    }
    return found;
  }
}
