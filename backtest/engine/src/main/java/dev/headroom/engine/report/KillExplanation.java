package dev.headroom.engine.report;

import dev.headroom.engine.backtest.BacktestResult;
import dev.headroom.engine.backtest.BacktestResult.JudgedKill;
import dev.headroom.engine.backtest.PolicyResult;
import dev.headroom.engine.kernel.KillOutcome;
import dev.headroom.model.Fact;
import dev.headroom.model.MemoryContext;
import dev.headroom.model.MemoryLimit;
import dev.headroom.model.OomKill;
import dev.headroom.model.OomProcess;
import dev.headroom.model.Sample;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Words about one kill: who died, of what, what each policy's limit was, its verdict and why. */
public final class KillExplanation {

  private static final List<Fact> MEMORY_BY_TYPE =
      List.of(
          Fact.ANON,
          Fact.SHMEM,
          Fact.PAGE_TABLES,
          Fact.KERNEL_STACK,
          Fact.SLAB_UNRECLAIMABLE,
          Fact.SLAB_RECLAIMABLE,
          Fact.SOCK,
          Fact.KERNEL,
          Fact.FILE);

  private KillExplanation() {}

  /**
   * Several lines, each ended.
   *
   * @throws IllegalArgumentException when the result has no such kill
   */
  public static String render(BacktestResult result, UUID killId) {
    JudgedKill judged =
        result
            .findKill(killId)
            .orElseThrow(() ->
                new IllegalArgumentException(
                    "no kill has the id %s; there are %s kills in this result"
                        .formatted(killId, result.kills().size())));
    List<String> lines = new ArrayList<>();
    OomKill kill = judged.kill();
    lines.add("kill " + killId + " at " + kill.killedAt());
    lines.add("  who       " + who(kill.victim()));
    if (kill.invoker() != null) {
      lines.add("  woken by  " + who(kill.invoker()));
    }
    lines.add("  limit     " + limit(kill));
    lines.add("  victim    " + victimMemory(kill));
    if (kill.victimMemoryContexts() != null) {
      lines.add("  contexts  " + contexts(kill.victimMemoryContexts()));
    }
    lines.add("  instance  " + instanceMemory(kill, judged.lastSample()));
    for (PolicyResult policy : result.policies()) {
      lines.add(
          "  %s: %s"
              .formatted(
                  policy.name(),
                  policy
                      .findKillOutcome(killId)
                      .map(KillExplanation::why)
                      .orElseGet(() -> notReplayed(policy, kill))));
    }
    return String.join("\n", lines) + "\n";
  }

  /** Who, in a few words. */
  static String victim(OomKill kill) {
    StringBuilder text = new StringBuilder(kill.victim().kind().description());
    if (kill.victim().user() != null) {
      text.append(", user ").append(kill.victim().user());
    }
    if (kill.victim().database() != null) {
      text.append(", database ").append(kill.victim().database());
    }
    if (kill.victim().queryId() != null) {
      text.append(", query id ").append(kill.victim().queryId());
    }
    if (kill.victim().queryFingerprint() != null) {
      text.append(", query fingerprint ").append(kill.victim().queryFingerprint());
    }
    return text.toString();
  }

  private static String who(OomProcess process) {
    StringBuilder text = new StringBuilder(process.kind().description());
    text.append(" with pid ").append(process.hostPid());
    if (process.namespacePid() != null && process.namespacePid() != process.hostPid()) {
      text.append(" (").append(process.namespacePid()).append(" in its namespace)");
    }
    if (process.database() != null) {
      text.append(", database ").append(process.database());
    }
    if (process.user() != null) {
      text.append(", user ").append(process.user());
    }
    if (process.queryId() != null) {
      text.append(", query id ").append(process.queryId());
    }
    if (process.queryText() != null) {
      text.append(", running: ").append(process.queryText());
    } else if (process.title() != null) {
      text.append(", titled \"").append(process.title()).append('"');
    }
    return text.toString();
  }

  private static String limit(OomKill kill) {
    String limit =
        switch (kill.memoryMax()) {
          case null -> "unknown";
          case MemoryLimit.Unlimited() -> "none: the machine itself ran out";
          case MemoryLimit.Bytes(long bytes) -> Wording.bytes(bytes);
        };
    return kill.memoryUsageBytes() == null
        ? limit
        : limit + ", used " + Wording.bytes(kill.memoryUsageBytes());
  }

  private static String victimMemory(OomKill kill) {
    List<String> parts = new ArrayList<>();
    addPart(parts, "anonymous", kill.anonBytes());
    addPart(parts, "file", kill.fileBytes());
    addPart(parts, "shared", kill.shmemBytes());
    addPart(parts, "page tables", kill.pageTablesBytes());
    addPart(parts, "accounted by the guard", kill.guardVictimBytes());
    return parts.isEmpty() ? Wording.NO_DATA : String.join(" · ", parts);
  }

  private static String contexts(List<MemoryContext> contexts) {
    return contexts.stream()
        .map(context ->
            String.format(
                Locale.ROOT,
                "%s: %s in %,d blocks",
                context.name(),
                Wording.bytes(context.bytes()),
                context.blocks()))
        .collect(Collectors.joining(" · "));
  }

  private static String instanceMemory(OomKill kill, @Nullable Sample last) {
    if (last == null) {
      return "no sample before the kill";
    }
    List<String> parts = new ArrayList<>();
    for (Fact fact : MEMORY_BY_TYPE) {
      last.facts()
          .find(fact)
          .ifPresent(bytes -> parts.add(fact.inputName() + " " + Wording.bytes(bytes)));
    }
    long ageMs = Duration.between(last.sampledAt(), kill.killedAt()).toMillis();
    String memory = parts.isEmpty() ? Wording.NO_DATA : String.join(" · ", parts);
    return memory + " (sampled " + Wording.seconds(ageMs) + " before)";
  }

  private static void addPart(List<String> parts, String name, @Nullable Long bytes) {
    if (bytes != null) {
      parts.add(name + " " + Wording.bytes(bytes));
    }
  }

  private static String why(KillOutcome outcome) {
    Long limit = outcome.limitBytes();
    String prefix = limit == null ? "no limit; " : "limit " + Wording.bytes(limit) + "; ";
    String pessimistic =
        outcome.verdict() == outcome.pessimisticVerdict()
            ? ""
            : "; had every candidate been refused: "
                + Wording.word(outcome.pessimisticVerdict()).replace('_', ' ');
    return prefix + reason(outcome) + pessimistic;
  }

  private static String reason(KillOutcome outcome) {
    return switch (outcome.verdict()) {
      case PREVENTED ->
          "PREVENTED: refusals would have kept %s free (%s is enough), %s before the kill"
              .formatted(
                  Wording.bytes(outcome.reliefBytes()),
                  known(outcome.marginBytes()),
                  outcome.leadMs() == null
                      ? "an unknown time"
                      : "at least " + Wording.seconds(outcome.leadMs()));
      case MISSED ->
          "MISSED: queries held %s that a lower limit could have kept back, and none of it was refused"
              .formatted(known(outcome.blockableBytes()));
      case UNPREVENTABLE ->
          "UNPREVENTABLE: blockable processes held only %s above what they had before, less than the %s needed"
              .formatted(known(outcome.blockableBytes()), known(outcome.marginBytes()));
      case UNDECIDED_THIN ->
          "UNDECIDED (thin): refusals would have freed %s, less than the %s needed"
              .formatted(Wording.bytes(outcome.reliefBytes()), known(outcome.marginBytes()));
      case UNDECIDED_CENSORED ->
          "UNDECIDED (censored): the live guard had already denied memory under a lower limit, so what would have followed is unknown";
      case UNDECIDED_GAP -> "UNDECIDED (gap): no sample near enough before the kill";
      case SECONDARY ->
          "SECONDARY: the instance was already down from kill %s, whose verdict covers this one"
              .formatted(outcome.firstKillId());
    };
  }

  private static String known(@Nullable Long bytes) {
    return bytes == null ? "an unknown amount" : Wording.bytes(bytes);
  }

  private static String notReplayed(PolicyResult policy, OomKill kill) {
    return policy.skipped().stream()
        .filter(skipped -> skipped.instanceId().equals(kill.instanceId()))
        .findFirst()
        .map(skipped -> "no data: " + skipped.reason())
        .orElse(Wording.NO_DATA);
  }
}
