package dev.headroom.engine.casefile;

import dev.headroom.engine.kernel.Block;
import dev.headroom.engine.kernel.BlockClass;
import dev.headroom.engine.kernel.KillOutcome;
import dev.headroom.engine.kernel.Replay;
import dev.headroom.engine.kernel.ReplayInput;
import dev.headroom.engine.kernel.ReplayOutcome;
import dev.headroom.model.Verdict;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.function.Function;

/** Replays worked examples and compares what they list, and nothing else. */
public final class CaseRunner {

  private CaseRunner() {}

  /** Replays one case. */
  public static CaseResult run(ReplayCase replayCase) {
    ReplayInput input = ReplayInput.of(replayCase.recording(), replayCase.facts());
    Map<String, String> actual =
        describe(Replay.run(input, replayCase.policy()), replayCase.samplePositions());
    List<CaseResult.Difference> differences = new ArrayList<>();
    replayCase
        .expected()
        .forEach((path, expected) -> {
          String found = Objects.requireNonNullElse(actual.get(path), "null");
          if (!found.equals(expected)) {
            differences.add(new CaseResult.Difference(path, expected, found));
          }
        });
    return new CaseResult(
        replayCase.name(), replayCase.place(), replayCase.why(), List.copyOf(differences));
  }

  /** An outcome by the paths that a case's expectation has; bytes and lists as texts. */
  private static Map<String, String> describe(ReplayOutcome outcome, List<Integer> positions) {
    Map<String, String> actual = new LinkedHashMap<>();
    describeBound("", outcome.kills(), KillOutcome::verdict, outcome.blocks(), actual);
    describeBound(
        "pessimistic.",
        outcome.kills(),
        KillOutcome::pessimisticVerdict,
        outcome.pessimisticBlocks(),
        actual);
    actual.put("breaches", String.valueOf(outcome.breaches()));
    actual.put("no_decisions", String.valueOf(outcome.noDecisions()));
    actual.put(
        "lead_ms",
        outcome.kills().stream()
            .filter(kill -> kill.verdict() == Verdict.PREVENTED)
            .map(kill -> String.valueOf(kill.leadMs()))
            .toList()
            .toString());
    for (int i = 0; i < positions.size(); i++) {
      OptionalLong limit = outcome.limits().get(i);
      if (limit.isPresent()) {
        actual.put("limits[" + positions.get(i) + "]", Quantity.ofBytes(limit.getAsLong()));
      }
    }
    return actual;
  }

  private static void describeBound(
      String prefix,
      List<KillOutcome> kills,
      Function<KillOutcome, Verdict> verdict,
      List<Block> blocks,
      Map<String, String> actual) {
    for (Verdict each : Verdict.values()) {
      long count = kills.stream().filter(kill -> verdict.apply(kill) == each).count();
      actual.put(prefix + path(each), String.valueOf(count));
    }
    for (BlockClass each : BlockClass.values()) {
      long count = blocks.stream().filter(block -> block.blockClass() == each).count();
      actual.put(prefix + path(each), String.valueOf(count));
    }
  }

  private static String path(Verdict verdict) {
    return switch (verdict) {
      case UNDECIDED_GAP -> "undecided.gap";
      case UNDECIDED_CENSORED -> "undecided.censored";
      case PREVENTED -> "prevented";
      case UNDECIDED_THIN -> "undecided.thin";
      case UNPREVENTABLE -> "unpreventable";
      case MISSED -> "missed";
      case SECONDARY -> "secondary";
    };
  }

  private static String path(BlockClass blockClass) {
    return switch (blockClass) {
      case JUSTIFIED -> "justified_blocks";
      case FALSE -> "false_blocks";
      case UNDECIDED -> "undecided_blocks";
    };
  }
}
