package dev.headroom.engine.proof;

import dev.headroom.engine.backtest.Parity;
import dev.headroom.engine.kernel.Replay;
import dev.headroom.engine.kernel.ReplayInput;
import dev.headroom.engine.kernel.ReplayPolicy;
import dev.headroom.engine.proof.ClientStatements.Statement;
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
    ClientStatements clients = new ClientStatements(recording);
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
            new Matching(
                    recording,
                    policyId,
                    once(
                        logged.stream()
                            .filter(ParityCheck::isBlocked)
                            .map(event ->
                                clients.find(
                                    event.pid(),
                                    event.backendKind(),
                                    event.statementNumber(),
                                    event.queryId(),
                                    event.occurredAt()))),
                    threshold)
                .finding(
                    once(
                        Replay.run(input, ReplayPolicy.current()).blocks().stream()
                            .map(block ->
                                clients.find(
                                    block.process().pid(),
                                    block.process().kind(),
                                    block.statementNumber(),
                                    block.queryId(),
                                    at(block.refusedAtNs()))))));
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

  /** What counts is the statement, once, when it was first refused. */
  private static List<Statement> once(Stream<Statement> refused) {
    List<Statement> statements = new ArrayList<>();
    refused.forEach(each -> {
      if (statements.stream().noneMatch(each::isSame)) {
        statements.add(each);
      }
    });
    return statements;
  }

  /** Pairs each predicted statement with at most one that was logged. */
  private record Matching(
      InstanceRecording recording,
      @Nullable String policyId,
      List<Statement> logged,
      double threshold) {

    Finding finding(List<Statement> predicted) {
      List<Statement> unpredicted = new ArrayList<>(logged);
      List<Difference> differences = new ArrayList<>();
      int agreed = 0;
      for (Statement each : predicted) {
        Statement match =
            Stream.concat(
                    unpredicted.stream().filter(each::isSame),
                    unpredicted.stream().filter(event -> isInItsInterval(event, each)))
                .findFirst()
                .orElse(null);
        if (match == null) {
          differences.add(difference(each, false));
        } else {
          agreed++;
          unpredicted.remove(match);
        }
      }
      unpredicted.forEach(event -> differences.add(difference(event, true)));
      return new Finding(
          recording.instance().id(),
          policyId,
          new Parity(predicted.size(), logged.size(), agreed, threshold),
          differences.stream().sorted((one, other) -> one.at().compareTo(other.at())).toList());
    }

    private Difference difference(Statement statement, boolean isLogged) {
      return new Difference(
          recording.instance().id(),
          policyId,
          statement.at(),
          statement.pid(),
          statement.number(),
          isLogged);
    }

    /** Where one side does not know the statement: same process, same interval. */
    private boolean isInItsInterval(Statement event, Statement refused) {
      if (event.pid() != refused.pid() || (event.number() != null && refused.number() != null)) {
        return false;
      }
      Instant end = refused.at();
      Instant start = Instant.MIN;
      for (Sample sample : recording.samples()) {
        if (sample.sampledAt().isBefore(end)) {
          start = sample.sampledAt();
        }
      }
      return event.at().isAfter(start) && !event.at().isAfter(end);
    }
  }

  private static Instant at(long epochNs) {
    return Instant.ofEpochSecond(
        Math.floorDiv(epochNs, NS_PER_SECOND), Math.floorMod(epochNs, NS_PER_SECOND));
  }
}
