package dev.headroom.notebook;

import dev.headroom.engine.backtest.BacktestResult;
import dev.headroom.engine.backtest.Judgement;
import dev.headroom.engine.backtest.PolicyResult;
import dev.headroom.engine.statistics.Estimate;
import dev.headroom.model.Instance;
import dev.headroom.model.MemoryLimit;
import dev.headroom.model.OomKill;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.UUID;
import org.dflib.DataFrame;
import org.dflib.builder.DataFrameArrayAppender;
import org.jspecify.annotations.Nullable;

/** Recordings and results as data frames; sizes are in MiB, and what is absent is null. */
public final class Frames {

  private static final double MIB = 1 << 20;
  private static final double MIB_PER_GIB = 1024;

  private Frames() {}

  /** Bytes in MiB; null stays null. */
  public static @Nullable Double mib(@Nullable Long bytes) {
    return bytes == null ? null : (Double) (bytes / MIB);
  }

  /** What people call an instance: its lab scenario where it has one, else the start of its id. */
  public static String nameOf(Instance instance) {
    String id = instance.id().toString().substring(0, 8);
    String scenario = instance.labels().get("scenario");
    return scenario == null ? id : scenario + " " + id;
  }

  /** One row for each kill, by the start of its id, in order of time. */
  public static DataFrame kills(Recorded recorded) {
    DataFrameArrayAppender rows =
        DataFrame.byArrayRow(
                "kill",
                "killed_at",
                "instance",
                "victim",
                "database",
                "user",
                "anon_mib",
                "memory_max_mib",
                "usage_mib",
                "source")
            .appender();
    for (OomKill kill : recorded.kills()) {
      rows.append(
          kill.killId().toString().substring(0, 8),
          kill.killedAt(),
          kill.instanceId() == null
              ? null
              : nameOf(recorded.instance(kill.instanceId()).instance()),
          kill.victim().kind().description(),
          kill.victim().database(),
          kill.victim().user(),
          mib(kill.anonBytes()),
          mib(maxBytes(kill.memoryMax())),
          mib(kill.memoryUsageBytes()),
          kill.captureSource());
    }
    return rows.toDataFrame();
  }

  /** One row for each policy of a result: the verdict table, in numbers. */
  public static DataFrame policies(BacktestResult result) {
    DataFrameArrayAppender rows =
        DataFrame.byArrayRow(
                "policy",
                "prevented",
                "preventable",
                "prevented_%",
                "from_%",
                "to_%",
                "missed",
                "undecided",
                "false_blocks",
                "slack_mib_h",
                "over_promise_mib_h",
                "verdict",
                "because")
            .appender();
    for (PolicyResult policy : result.policies()) {
      Estimate.@Nullable Known share =
          policy.prevention() instanceof Estimate.Known known ? known : null;
      Judgement judgement = policy.judgement();
      rows.append(
          policy.name(),
          policy.kills().prevented(),
          policy.kills().preventable(),
          share == null ? null : (Double) (100 * share.value()),
          share == null ? null : (Double) (100 * share.lower()),
          share == null ? null : (Double) (100 * share.upper()),
          policy.kills().missed(),
          policy.kills().undecided(),
          policy.blocks().falseBlocks(),
          mibHours(policy.slackGibHours()),
          mibHours(policy.overPromiseGibHours()),
          judgement == null
              ? policy.instances() == 0 ? "no data" : "reference"
              : judgement.outcome().name().replace('_', ' ').toLowerCase(Locale.ROOT),
          judgement == null ? "" : String.join(" and ", judgement.reasons()));
    }
    return rows.toDataFrame();
  }

  /** One row for each kill and policy: the verdict and what it rests on. */
  public static DataFrame verdicts(BacktestResult result) {
    DataFrameArrayAppender rows =
        DataFrame.byArrayRow(
                "kill",
                "instance",
                "scenario",
                "policy",
                "verdict",
                "limit_mib",
                "relief_mib",
                "margin_mib",
                "blockable_mib",
                "lead_ms")
            .appender();
    for (PolicyResult policy : result.policies()) {
      policy
          .killOutcomes()
          .forEach(outcome -> {
            Instance instance = instanceOf(result, outcome.killId());
            rows.append(
                outcome.killId().toString(),
                instance == null ? null : nameOf(instance),
                instance == null ? null : instance.labels().get("scenario"),
                policy.name(),
                outcome.verdict().name().replace('_', ' ').toLowerCase(Locale.ROOT),
                mib(outcome.limitBytes()),
                mib(outcome.reliefBytes()),
                mib(outcome.marginBytes()),
                mib(outcome.blockableBytes()),
                outcome.leadMs());
          });
    }
    return rows.toDataFrame();
  }

  /** The limit in bytes; null where there is none. */
  public static @Nullable Long maxBytes(@Nullable MemoryLimit limit) {
    return limit instanceof MemoryLimit.Bytes(long bytes) ? (Long) bytes : null;
  }

  private static @Nullable Instance instanceOf(BacktestResult result, UUID killId) {
    List<Instance> found =
        result.findKill(killId).stream()
            .map(judged -> judged.kill().instanceId())
            .filter(Objects::nonNull)
            .flatMap(id ->
                result.replayed().stream()
                    .map(BacktestResult.ReplayedInstance::instance)
                    .filter(instance -> instance.id().equals(id)))
            .toList();
    return found.isEmpty() ? null : found.getFirst();
  }

  private static @Nullable Double mibHours(@Nullable Double gibHours) {
    return gibHours == null ? null : (Double) (gibHours * MIB_PER_GIB);
  }
}
