package dev.headroom.engine.backtest;

import dev.headroom.engine.kernel.ReplayPolicy;
import dev.headroom.model.Fidelity;
import dev.headroom.model.Instance;
import dev.headroom.model.InstanceId;
import dev.headroom.model.OomKill;
import dev.headroom.model.Sample;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What a backtest found. It holds no time of day and nothing about the machine: it is a function of
 * its manifest.
 *
 * @param manifest what it depends on
 * @param replayed the instances that were replayed, in ascending order of their ids
 * @param instanceDays evaluated time
 * @param backendHours client backends times evaluated time; absent where processes are unknown
 * @param gaps intervals too long to be evaluated
 * @param fidelity the worst of the instances
 * @param notes what a reader should know about fidelity, in words
 * @param kills every kill, by instance and time, with what was sampled last before it
 * @param formulasTried how many candidates there were: the best of many looks good by chance
 * @param prices what costs are in
 * @param policies candidates in the order given, then the reference policies
 * @param parityByInstance how well the replay predicts what each live guard logged; empty where
 *     nobody compared them
 */
public record BacktestResult(
    Manifest manifest,
    List<ReplayedInstance> replayed,
    double instanceDays,
    @Nullable Double backendHours,
    int gaps,
    Fidelity fidelity,
    List<String> notes,
    List<JudgedKill> kills,
    int formulasTried,
    Prices.Settled prices,
    List<PolicyResult> policies,
    SortedMap<InstanceId, Parity> parityByInstance) {

  public BacktestResult {
    replayed = List.copyOf(replayed);
    notes = List.copyOf(notes);
    kills = List.copyOf(kills);
    policies = List.copyOf(policies);
    parityByInstance = Collections.unmodifiableSortedMap(new TreeMap<>(parityByInstance));
  }

  /** A kill and the last sample of its instance before it, if there is one. */
  public record JudgedKill(OomKill kill, @Nullable Sample lastSample) {}

  /**
   * An instance that was replayed.
   *
   * @param fidelity the worst of its samples
   * @param hasGuard whether it had a guard at any time, in whatever mode
   * @param instanceDays evaluated time
   */
  public record ReplayedInstance(
      Instance instance, Fidelity fidelity, boolean hasGuard, double instanceDays) {}

  /** How many instances were replayed. */
  public int instances() {
    return replayed.size();
  }

  /** How well the replay predicts what all guards logged; nothing where nobody compared them. */
  public Optional<Parity> parity() {
    return inAll(parityByInstance);
  }

  private static Optional<Parity> inAll(Map<InstanceId, Parity> byInstance) {
    return byInstance.values().stream().reduce(Parity::plus);
  }

  /**
   * The same result with what parity says of it: when that of all instances together is too low,
   * every verdict says that it cannot be trusted.
   */
  public BacktestResult withParity(Map<InstanceId, Parity> checked) {
    List<PolicyResult> marked =
        inAll(checked)
            .filter(Parity::isBelowThreshold)
            .map(parity ->
                policies.stream().map(policy -> policy.untrusted(parity.describe())).toList())
            .orElse(policies);
    return new BacktestResult(
        manifest,
        replayed,
        instanceDays,
        backendHours,
        gaps,
        fidelity,
        notes,
        kills,
        formulasTried,
        prices,
        marked,
        new TreeMap<>(checked));
  }

  /** The kill with this id. */
  public Optional<JudgedKill> findKill(UUID killId) {
    return kills.stream().filter(each -> each.kill().killId().equals(killId)).findFirst();
  }

  /** The policy with this name. */
  public Optional<PolicyResult> findPolicy(String name) {
    return policies.stream().filter(policy -> policy.name().equals(name)).findFirst();
  }

  /** Formulas of this run and of every search before it. */
  public int formulasTriedInAll() {
    Trials before = manifest.config().trials();
    return formulasTried + before.onSameData() + before.onOtherData();
  }

  /** How sure each claim of a PASS is: surer, the more formulas were tried on the same data. */
  public double passConfidence() {
    return Judge.passConfidence(manifest.config(), formulasTried);
  }

  /** Kills that no limit could have prevented, as hindsight has it. */
  public int unpreventableKills() {
    return hindsight().kills().unpreventable();
  }

  /** Kills that fell into the outage of another. */
  public int secondaryKills() {
    return hindsight().kills().secondary();
  }

  private PolicyResult hindsight() {
    return policies.stream()
        .filter(policy -> policy.kind() == ReplayPolicy.Kind.HINDSIGHT)
        .findFirst()
        .orElseThrow(() -> new IllegalStateException("every backtest replays hindsight"));
  }
}
