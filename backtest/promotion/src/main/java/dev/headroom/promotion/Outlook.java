package dev.headroom.promotion;

import dev.headroom.model.InstanceId;
import dev.headroom.model.rollout.Assignment;
import dev.headroom.model.rollout.Buckets;
import dev.headroom.model.rollout.FlagState;
import dev.headroom.model.rollout.InstanceActivity;
import dev.headroom.model.rollout.Rollout;
import dev.headroom.promotion.RolloutMachine.Position;
import dev.headroom.promotion.RolloutMachine.Refused;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a person wants to know before deciding about a rollout. Counts are of instances, by the
 * rollouts alone: while every guard is stopped, nothing is in force anywhere.
 *
 * @param evaluation what its gates say
 * @param instances how many it may reach
 * @param heldOut how many of them stay in shadow for ever
 * @param inForce on how many its policy is in force; a newer rollout may stand before it on others
 * @param takenOver on how many of these the policy of another rollout is in force once this one has
 *     ended
 * @param soakEndsAt when the least time at this place is over; absent where none is asked for
 * @param next the next place upwards; absent at the top and after an end
 * @param ladder every place from off to enforce
 * @param refusals why a choice cannot be made now; those that can be are absent
 */
public record Outlook(
    Evaluation evaluation,
    int instances,
    int heldOut,
    int inForce,
    int takenOver,
    @Nullable Instant soakEndsAt,
    @Nullable Rung next,
    List<Place> ladder,
    Map<Choice, String> refusals) {

  /** What people can do to a rollout. */
  public enum Choice {
    /** Takes the next step because every gate is open. */
    ADVANCE,
    /** Takes a step because somebody answers for it. */
    APPROVE,
    PAUSE,
    RESUME,
    ROLLBACK,
    RETIRE
  }

  /**
   * A place on the ladder.
   *
   * @param inForce on how many instances the policy is in force there
   * @param earliestAt the first moment at which the gates may open the way to it; absent for places
   *     that lie behind, or that are not reached by going on
   */
  public record Place(Rung rung, int inForce, @Nullable Instant earliestAt) {}

  public Outlook {
    ladder = List.copyOf(ladder);
    refusals = Map.copyOf(refusals);
  }

  /**
   * The outlook of a rollout.
   *
   * @param active every rollout that has not ended, newest first
   */
  static Outlook of(Situation situation, List<Rollout> active) {
    Rollout rollout = situation.rollout();
    Ladder ladder = situation.settings().ladder();
    Rung here = Rung.of(rollout);
    Evaluation evaluation = Gates.evaluate(situation);
    Rung next = ladder.after(here).orElse(null);
    Set<InstanceId> now = inForce(situation, active, here);
    Set<InstanceId> soaking = next == null ? Set.of() : reached(situation, here);
    Duration soak = soak(here, situation.settings(), soaking.size());
    Instant soakEndsAt = next == null || soak.isZero() ? null : situation.stageSince().plus(soak);
    return new Outlook(
        evaluation,
        situation.activities().size(),
        (int) ids(situation).stream().filter(Buckets::isHeldOut).count(),
        now.size(),
        takenOver(situation, active, now),
        soakEndsAt,
        next,
        places(situation, active, soakEndsAt),
        refusals(new Position(here, rollout.paused()), next, evaluation, ladder));
  }

  private static List<Place> places(
      Situation situation, List<Rollout> active, @Nullable Instant soakEndsAt) {
    Rung here = Rung.of(situation.rollout());
    List<Place> places = new ArrayList<>();
    Instant earliest =
        soakEndsAt == null || soakEndsAt.isBefore(situation.now()) ? situation.now() : soakEndsAt;
    for (Rung rung : situation.settings().ladder().rungs()) {
      boolean ahead = !here.stage().isEnd() && rung.height() > here.height();
      places.add(new Place(rung, inForce(situation, active, rung).size(), ahead ? earliest : null));
      if (ahead) {
        earliest = earliest.plus(soak(rung, situation.settings(), reached(situation, rung).size()));
      }
    }
    return places;
  }

  /** How long a rollout stays at a place that reaches so many instances. */
  private static Duration soak(Rung rung, GateSettings settings, int reached) {
    return switch (rung.stage()) {
      case SHADOW -> Duration.ofMillis(settings.shadowSoakMs());
      case CANARY -> reached == 0 ? Duration.ZERO : Duration.ofMillis(settings.canarySoakMs());
      case OFF, ENFORCE, ROLLED_BACK, RETIRED -> Duration.ZERO;
    };
  }

  /** The instances that a place reaches, whatever other rollouts say. */
  private static Set<InstanceId> reached(Situation situation, Rung rung) {
    Rollout there = at(situation.rollout(), rung);
    Set<InstanceId> reached = new HashSet<>(ids(situation));
    reached.removeIf(instance -> !Gates.isReached(there, instance));
    return reached;
  }

  /** The instances on which the policy is in force when the rollout is at a place. */
  private static Set<InstanceId> inForce(Situation situation, List<Rollout> active, Rung rung) {
    Rollout rollout = situation.rollout();
    if (!rung.stage().isLive()) {
      return Set.of();
    }
    Rollout there = at(rollout, rung);
    FlagState state =
        state(
            active.stream()
                .map(each -> each.rolloutId().equals(rollout.rolloutId()) ? there : each)
                .toList());
    Set<InstanceId> found = new HashSet<>();
    for (InstanceActivity each : situation.activities()) {
      Assignment.Share share = Assignment.of(state, each.instance(), each.labels()).inForce();
      if (share != null && share.rollout().rolloutId().equals(rollout.rolloutId())) {
        found.add(each.instance());
      }
    }
    return found;
  }

  private static int takenOver(
      Situation situation, List<Rollout> active, Set<InstanceId> inForceNow) {
    FlagState without =
        state(
            active.stream()
                .filter(each -> !each.rolloutId().equals(situation.rollout().rolloutId()))
                .toList());
    return (int)
        situation.activities().stream()
            .filter(each -> inForceNow.contains(each.instance()))
            .filter(
                each -> Assignment.of(without, each.instance(), each.labels()).inForce() != null)
            .count();
  }

  private static Map<Choice, String> refusals(
      Position position, @Nullable Rung next, Evaluation evaluation, Ladder ladder) {
    Map<Choice, String> refusals = new EnumMap<>(Choice.class);
    for (Choice choice : Choice.values()) {
      Move move =
          switch (choice) {
            case ADVANCE ->
                next == null ? null : new Move.Advance(next, new Authority.Gates(evaluation));
            case APPROVE ->
                next == null
                    ? null
                    : new Move.Advance(next, new Authority.Approval("somebody", evaluation));
            case PAUSE -> new Move.Pause();
            case RESUME -> new Move.Resume();
            case ROLLBACK -> new Move.RollBack();
            case RETIRE -> new Move.Retire();
          };
      if (move == null) {
        refusals.put(choice, "it is at " + position.rung() + ": there is no next step");
      } else if (RolloutMachine.answer(position, move, ladder) instanceof Refused(String why)) {
        refusals.put(choice, why);
      }
    }
    return refusals;
  }

  private static List<InstanceId> ids(Situation situation) {
    return situation.activities().stream().map(InstanceActivity::instance).toList();
  }

  private static FlagState state(List<Rollout> rollouts) {
    return new FlagState(0, Optional.empty(), rollouts, List.of());
  }

  private static Rollout at(Rollout rollout, Rung rung) {
    return new Rollout(
        rollout.rolloutId(),
        rollout.name(),
        rollout.policyId(),
        rollout.instanceLabels(),
        rung.stage(),
        rung.canaryPercent(),
        rollout.paused(),
        rollout.createdAt(),
        rollout.changedAt(),
        rollout.revision());
  }
}
