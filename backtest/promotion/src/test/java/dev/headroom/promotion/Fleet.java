package dev.headroom.promotion;

import dev.headroom.model.BackendKind;
import dev.headroom.model.CgroupVersion;
import dev.headroom.model.Decision;
import dev.headroom.model.GuardEvent;
import dev.headroom.model.GuardMode;
import dev.headroom.model.Instance;
import dev.headroom.model.InstanceId;
import dev.headroom.model.Observation;
import dev.headroom.model.OomKill;
import dev.headroom.model.OomProcess;
import dev.headroom.model.rollout.Assignment;
import dev.headroom.model.rollout.FlagState;
import dev.headroom.store.ObservationStore;
import dev.headroom.store.RolloutStore;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;
import java.util.function.Predicate;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/** Instances that do what the rollouts say, second by second, and store what collectors would. */
final class Fleet {

  private final ObservationStore observations;
  private final RolloutStore rollouts;
  private final List<InstanceId> instances = new ArrayList<>();
  private final Map<String, String> labels;
  private long events;

  /** Which policies' limits end a statement in each second. */
  private Predicate<String> blocks = policy -> false;

  private boolean kills;
  private boolean silent;

  Fleet(DataSource dataSource, int size, Map<String, String> labels, Instant now) {
    observations = new ObservationStore(dataSource);
    rollouts = new RolloutStore(dataSource);
    this.labels = labels;
    Random random = new Random(11);
    List<Observation> rows = new ArrayList<>();
    for (int i = 0; i < size; i++) {
      InstanceId id = new InstanceId(new UUID(random.nextLong(), random.nextLong()));
      instances.add(id);
      rows.add(
          new Instance(id, "node", "/i" + i, CgroupVersion.V2, "/data", 5432, "17", labels, now));
    }
    observations.store(rows);
  }

  void blockUnder(Predicate<String> policies) {
    blocks = policies;
  }

  /** From now on an instance that a policy is in force on loses a process in each second. */
  void killUnderCanary() {
    kills = true;
  }

  void fallSilent() {
    silent = true;
  }

  List<InstanceId> instances() {
    return instances;
  }

  /** What all instances did in the second before {@code now}. */
  void live(Instant now) {
    if (silent) {
      return;
    }
    FlagState state =
        new FlagState(
            1,
            Optional.empty(),
            rollouts.listActive().stream().map(RolloutStore.Kept::rollout).toList(),
            List.of());
    Instant at = now.minusMillis(1);
    List<Observation> rows = new ArrayList<>();
    for (InstanceId instance : instances) {
      Assignment assignment = Assignment.of(state, instance, labels);
      Optional<String> inForce = assignment.policyId();
      inForce.ifPresent(policy -> {
        rows.add(decision(instance, at, policy, GuardMode.ENFORCE));
        if (blocks.test(policy)) {
          rows.add(event(instance, at, GuardEvent.Kind.BLOCK, policy));
        }
        if (kills) {
          rows.add(kill(instance, at));
        }
      });
      for (Assignment.Share share : assignment.shadows()) {
        String policy = share.rollout().policyId();
        rows.add(decision(instance, at, policy, GuardMode.SHADOW));
        if (blocks.test(policy)) {
          rows.add(event(instance, at, GuardEvent.Kind.WOULD_BLOCK, policy));
        }
      }
    }
    observations.store(rows);
  }

  /** The guards of all instances say this of the policy. */
  void report(Instant at, GuardEvent.Kind kind, @Nullable String policy) {
    observations.store(
        instances.stream().<Observation>map(each -> event(each, at, kind, policy)).toList());
  }

  private GuardEvent event(
      InstanceId instance, Instant at, GuardEvent.Kind kind, @Nullable String policy) {
    return new GuardEvent(
        instance,
        at,
        kind,
        (int) ++events,
        events,
        BackendKind.CLIENT_BACKEND,
        null,
        policy,
        1L << 30,
        1L << 30,
        1L << 20,
        1L << 20,
        GuardMode.ENFORCE,
        1L,
        null);
  }

  private OomKill kill(InstanceId instance, Instant at) {
    UUID id = new UUID(7, ++events);
    return OomKill.of(
        id,
        id,
        "node",
        instance,
        at,
        events,
        "test",
        OomProcess.of((int) events, "postgres", BackendKind.CLIENT_BACKEND));
  }

  private static Decision decision(InstanceId instance, Instant at, String policy, GuardMode mode) {
    return new Decision(
        instance, at, policy, 1L << 30, mode, true, null, Map.of(), 100L, null, null);
  }
}
