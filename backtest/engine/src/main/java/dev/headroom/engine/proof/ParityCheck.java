package dev.headroom.engine.proof;

import dev.headroom.engine.backtest.Parity;
import dev.headroom.engine.kernel.Block;
import dev.headroom.engine.kernel.Replay;
import dev.headroom.engine.kernel.ReplayInput;
import dev.headroom.engine.kernel.ReplayPolicy;
import dev.headroom.model.Decision;
import dev.headroom.model.Fact;
import dev.headroom.model.GuardEvent;
import dev.headroom.model.InstanceId;
import dev.headroom.model.InstanceRecording;
import dev.headroom.model.Sample;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Replays the limits that live policies really had and compares, statement by statement, whom the
 * replay refuses with whom the guard logged.
 */
public final class ParityCheck {

  private static final long NS_PER_SECOND = 1_000_000_000L;

  private ParityCheck() {}

  /**
   * A statement on one side only.
   *
   * @param policyId whose limit; absent for the limit in force of an instance without a policy
   * @param at when the guard logged it, or the end of the interval in which the replay refuses it
   * @param statementNumber which; absent when the process was idle or nobody knew
   * @param isLogged whether the guard has it; otherwise the replay
   */
  public record Difference(
      InstanceId instanceId,
      @Nullable String policyId,
      Instant at,
      int pid,
      @Nullable Long statementNumber,
      boolean isLogged) {}

  /**
   * What one policy's replay over one instance has in common with the log.
   *
   * @param differences every statement that is on one side only, in order of time
   */
  public record Finding(
      InstanceId instanceId,
      @Nullable String policyId,
      Parity parity,
      List<Difference> differences) {
    public Finding {
      differences = List.copyOf(differences);
    }
  }

  /**
   * Every policy whose limit a guard had over this instance; none where there was no guard.
   *
   * @param threshold the precision and the recall that are needed, in (0, 1]
   */
  public static List<Finding> check(InstanceRecording recording, double threshold) {
    Set<@Nullable String> policyIds = new LinkedHashSet<>();
    if (isGuarded(recording)) {
      recording.decisions().stream()
          .filter(Decision::applied)
          .forEach(decision -> policyIds.add(decision.policyId()));
    }
    recording.guardEvents().stream()
        .filter(ParityCheck::isBlocked)
        .forEach(event -> policyIds.add(event.policyId()));
    List<Finding> findings = new ArrayList<>();
    for (String policyId : policyIds) {
      List<GuardEvent> logged =
          recording.guardEvents().stream()
              .filter(event -> Objects.equals(event.policyId(), policyId))
              .toList();
      InstanceRecording limited = LoggedLimits.of(recording, policyId, logged);
      ReplayInput input = ReplayInput.of(limited);
      if (Replay.findObstacle(input, ReplayPolicy.current()).isEmpty()) {
        findings.add(
            new Matching(recording, policyId, onePerStatement(logged), threshold)
                .finding(Replay.run(input, ReplayPolicy.current()).blocks()));
      }
    }
    return findings;
  }

  /** Without a guard nobody would have logged what a policy that is decided refuses. */
  private static boolean isGuarded(InstanceRecording recording) {
    return recording.samples().stream()
        .anyMatch(sample -> sample.facts().has(Fact.GUARD_ALLOCATED));
  }

  private static boolean isBlocked(GuardEvent event) {
    return switch (event.kind()) {
      case BLOCK, WOULD_BLOCK, FATAL -> true;
      default -> false;
    };
  }

  /** Denials become a block or nothing; what counts is the statement, once. */
  private static List<GuardEvent> onePerStatement(List<GuardEvent> logged) {
    List<GuardEvent> statements = new ArrayList<>();
    for (GuardEvent event : logged) {
      boolean known =
          event.statementNumber() != null
              && statements.stream()
                  .anyMatch(other ->
                      other.pid() == event.pid()
                          && event.statementNumber().equals(other.statementNumber()));
      if (isBlocked(event) && !known) {
        statements.add(event);
      }
    }
    return statements;
  }

  /** Pairs each predicted statement with at most one that was logged. */
  private record Matching(
      InstanceRecording recording,
      @Nullable String policyId,
      List<GuardEvent> logged,
      double threshold) {

    Finding finding(List<Block> predicted) {
      List<GuardEvent> unpredicted = new ArrayList<>(logged);
      List<Difference> differences = new ArrayList<>();
      int agreed = 0;
      for (Block block : predicted) {
        GuardEvent match =
            Stream.concat(
                    unpredicted.stream().filter(event -> isSameStatement(event, block)),
                    unpredicted.stream().filter(event -> isInItsInterval(event, block)))
                .findFirst()
                .orElse(null);
        if (match == null) {
          differences.add(
              new Difference(
                  recording.instance().id(),
                  policyId,
                  at(block.refusedAtNs()),
                  block.process().pid(),
                  block.statementNumber(),
                  false));
        } else {
          agreed++;
          unpredicted.remove(match);
        }
      }
      for (GuardEvent event : unpredicted) {
        differences.add(
            new Difference(
                recording.instance().id(),
                policyId,
                event.occurredAt(),
                event.pid(),
                event.statementNumber(),
                true));
      }
      return new Finding(
          recording.instance().id(),
          policyId,
          new Parity(predicted.size(), logged.size(), agreed, threshold),
          differences.stream().sorted((one, other) -> one.at().compareTo(other.at())).toList());
    }

    private static boolean isSameStatement(GuardEvent event, Block block) {
      return event.pid() == block.process().pid()
          && event.statementNumber() != null
          && event.statementNumber().equals(block.statementNumber());
    }

    /** Where one side does not know the statement: same process, same interval. */
    private boolean isInItsInterval(GuardEvent event, Block block) {
      if (event.pid() != block.process().pid()
          || (event.statementNumber() != null && block.statementNumber() != null)) {
        return false;
      }
      Instant end = at(block.refusedAtNs());
      Instant start = Instant.MIN;
      for (Sample sample : recording.samples()) {
        if (sample.sampledAt().isBefore(end)) {
          start = sample.sampledAt();
        }
      }
      return event.occurredAt().isAfter(start) && !event.occurredAt().isAfter(end);
    }
  }

  private static Instant at(long epochNs) {
    return Instant.ofEpochSecond(
        Math.floorDiv(epochNs, NS_PER_SECOND), Math.floorMod(epochNs, NS_PER_SECOND));
  }
}
