package dev.headroom.engine.backtest;

import dev.headroom.engine.backtest.BacktestResult.JudgedKill;
import dev.headroom.engine.backtest.Manifest.PolicyEntry;
import dev.headroom.engine.kernel.FidelityCheck;
import dev.headroom.engine.kernel.ReplayPolicy;
import dev.headroom.model.Policy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.LongSummaryStatistics;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Replays policies over a recording: read it, run every policy, add up, judge. */
public final class Backtest {

  /** Changes whenever the same input could give another result. */
  public static final String ENGINE_VERSION = "3";

  private static final double MS_PER_SECOND = 1000;

  private Backtest() {}

  /**
   * Replays the candidates and the reference policies over every instance, all cores by instance.
   *
   * @throws IllegalArgumentException when two policies share a name, or the one to compare with is
   *     not among them
   * @throws BacktestCancelledException when this thread is interrupted
   */
  public static BacktestResult run(
      RecordingSource source,
      List<Candidate> candidates,
      BacktestConfig config,
      ProgressListener progress) {
    return run(source, candidates, config, EngineOptions.ofThisMachine(), progress);
  }

  /**
   * The same, run in another way.
   *
   * @throws BacktestCancelledException when this thread is interrupted
   */
  public static BacktestResult run(
      RecordingSource source,
      List<Candidate> candidates,
      BacktestConfig config,
      EngineOptions options,
      ProgressListener progress) {
    List<ReplayPolicy> policies = policies(candidates, config, options);
    List<InstanceReplay> replays;
    try (InstancePool pool = new InstancePool(options.threads())) {
      replays =
          pool.replay(
              source.instances(),
              instance ->
                  InstanceReplay.of(
                      instance.open(), source.startsAt(), policies, config.blockOptions()),
              progress);
    }
    replays.sort(Comparator.comparing(InstanceReplay::instanceId));
    return result(manifest(source, candidates, policies, config), policies, replays);
  }

  /**
   * What a result of these candidates would depend on.
   *
   * @throws IllegalArgumentException as {@link #run} does
   */
  public static Manifest manifest(
      RecordingSource source, List<Candidate> candidates, BacktestConfig config) {
    List<ReplayPolicy> policies = policies(candidates, config, EngineOptions.ofThisMachine());
    return manifest(source, candidates, policies, config);
  }

  private static List<ReplayPolicy> policies(
      List<Candidate> candidates, BacktestConfig config, EngineOptions options) {
    List<ReplayPolicy> policies = new ArrayList<>();
    candidates.forEach(candidate -> policies.add(candidate.replayPolicy(options.interpreted())));
    policies.add(ReplayPolicy.hindsight());
    policies.add(ReplayPolicy.current());
    policies.add(ReplayPolicy.random(config.seed()));
    policies.add(ReplayPolicy.never());
    List<String> names = policies.stream().map(ReplayPolicy::name).toList();
    for (int i = 0; i < names.size(); i++) {
      if (names.indexOf(names.get(i)) != i) {
        throw new IllegalArgumentException("two policies are named '" + names.get(i) + "'");
      }
    }
    if (config.against() != null && !names.contains(config.against())) {
      throw new IllegalArgumentException(
          "no policy is named '%s' to compare with; there are %s"
              .formatted(config.against(), String.join(", ", names)));
    }
    return policies;
  }

  private static BacktestResult result(
      Manifest manifest, List<ReplayPolicy> policies, List<InstanceReplay> replays) {
    Prices.Settled prices = manifest.config().prices().settle(meanOutageSeconds(replays));
    int formulasTried =
        (int) policies.stream().filter(policy -> !policy.kind().isReference()).count();
    Judge judge = Judge.of(manifest.config(), formulasTried);
    List<PolicyTotals> totals =
        policies.stream()
            .map(policy -> PolicyTotals.of(manifest.config(), prices, judge, policy, replays))
            .toList();
    PolicyTotals hindsight = get(totals, policy -> policy.kind() == ReplayPolicy.Kind.HINDSIGHT);
    String againstName = manifest.config().against();
    PolicyTotals against =
        againstName == null ? null : get(totals, policy -> policy.name().equals(againstName));
    List<JudgedKill> kills = new ArrayList<>();
    replays.forEach(replay -> kills.addAll(replay.kills()));
    return new BacktestResult(
        manifest,
        replays.stream().map(InstanceReplay::replayed).toList(),
        replays.stream().mapToDouble(replay -> replay.exposure().instanceDays()).sum(),
        backendHours(replays),
        replays.stream().mapToInt(replay -> replay.exposure().gaps()).sum(),
        FidelityCheck.worst(replays.stream().map(InstanceReplay::fidelity).toList()),
        notes(replays),
        kills,
        formulasTried,
        prices,
        totals.stream().map(each -> each.result(hindsight, against)).toList(),
        Collections.emptySortedMap());
  }

  private static PolicyTotals get(List<PolicyTotals> totals, Predicate<ReplayPolicy> wanted) {
    return totals.stream().filter(each -> wanted.test(each.policy())).findFirst().orElseThrow();
  }

  private static @Nullable Double backendHours(List<InstanceReplay> replays) {
    double sum = 0;
    for (InstanceReplay replay : replays) {
      Double hours = replay.exposure().backendHours();
      if (hours == null) {
        return null;
      }
      sum += hours;
    }
    return replays.isEmpty() ? null : (Double) sum;
  }

  private static @Nullable Double meanOutageSeconds(List<InstanceReplay> replays) {
    LongSummaryStatistics outagesMs =
        replays.stream()
            .flatMap(replay -> replay.outagesMs().stream())
            .mapToLong(Long::longValue)
            .summaryStatistics();
    return outagesMs.getCount() == 0
        ? null
        : (Double) (outagesMs.getSum() / MS_PER_SECOND / outagesMs.getCount());
  }

  private static List<String> notes(List<InstanceReplay> replays) {
    List<String> notes = new ArrayList<>();
    for (InstanceReplay replay : replays) {
      replay.notes().forEach(note -> notes.add("instance " + replay.instanceId() + ": " + note));
    }
    return notes;
  }

  private static Manifest manifest(
      RecordingSource source,
      List<Candidate> candidates,
      List<ReplayPolicy> policies,
      BacktestConfig config) {
    List<PolicyEntry> entries = new ArrayList<>();
    for (Candidate candidate : candidates) {
      entries.add(
          new PolicyEntry(
              candidate.policy().name(),
              ReplayPolicy.Kind.CANDIDATE,
              candidate.formula().canonicalText(),
              candidate.formula().astHash(),
              candidate.policy().decidesOn(),
              candidate.policy().cadence(),
              candidate.policy().lag(),
              candidate.policy().minimumBytes(),
              candidate.policy().maximumBytes()));
    }
    for (ReplayPolicy policy : policies) {
      if (policy.kind().isReference()) {
        entries.add(
            new PolicyEntry(
                policy.name(),
                policy.kind(),
                null,
                null,
                Policy.Trigger.CADENCE,
                Duration.ZERO,
                Duration.ZERO,
                null,
                null));
      }
    }
    return new Manifest(
        ENGINE_VERSION,
        source.name(),
        source.startsAt(),
        source.endsAt(),
        source.contentHash().get(),
        config,
        entries);
  }
}
