package dev.headroom.launcher;

import dev.headroom.lab.FleetServer;
import dev.headroom.model.rollout.RolloutEvent;
import dev.headroom.store.CustodyStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What one run of the loop showed.
 *
 * @param runId of the lab
 * @param servers of the fleet
 * @param recording what the backtest replayed
 * @param storedKills of that recording
 * @param kernelKills as the kernel counted them over the same time
 * @param backtestRunId of the stored run that the promotion rests on
 * @param policyId that was promoted
 * @param comparison of the same rounds before and after
 * @param rollback of the policy that was promoted though it is bad
 * @param stops of every guard
 * @param history of both rollouts, oldest first
 * @param custody of one block, from the guard's event to the recording's hash; absent when there
 *     was none
 * @param elapsed the whole run
 */
record LoopReport(
    String runId,
    List<FleetServer> servers,
    String recording,
    int storedKills,
    long kernelKills,
    UUID backtestRunId,
    String policyId,
    FleetComparison comparison,
    Rollback rollback,
    List<Stop> stops,
    List<RolloutEvent> history,
    CustodyStore.@Nullable Chain custody,
    Duration elapsed) {

  /**
   * What became of the bad policy.
   *
   * @param policyId which
   * @param rolledBackBy who took it back; absent when nobody did
   * @param serversReached where it was in force
   * @param blocks by the guards' own count, from its first moment in force until it was in force
   *     nowhere
   * @param events that the guardrail had seen when it rolled back; absent when it did not
   * @param alarmFromEvents the number of events that it had said beforehand to roll back at; absent
   *     likewise
   * @param elapsed from the step that put it in force to the segment without it
   */
  record Rollback(
      String policyId,
      @Nullable String rolledBackBy,
      int serversReached,
      long blocks,
      @Nullable Integer events,
      @Nullable Integer alarmFromEvents,
      Duration elapsed) {}

  /**
   * How long a stop, or its end, took to show in every guard's segment.
   *
   * @param what was done
   * @param elapsed absent when it did not within the loop's patience
   * @param allowed one tick of the collector
   */
  record Stop(String what, @Nullable Duration elapsed, Duration allowed) {}

  /** What did not hold, a sentence each; empty when the loop held. */
  List<String> faults() {
    List<String> faults = new ArrayList<>();
    if (storedKills != kernelKills) {
      faults.add(
          "the kernel killed %d times and %d are stored".formatted(kernelKills, storedKills));
    }
    faults.addAll(comparison.faults());
    if (rollback.rolledBackBy() == null) {
      faults.add(
          "%s blocked %d times and was not rolled back"
              .formatted(rollback.policyId(), rollback.blocks()));
    }
    for (Stop stop : stops) {
      if (stop.elapsed() == null) {
        faults.add(stop.what() + " did not reach every guard");
      }
    }
    if (custody == null) {
      faults.add("no block can be followed to the recording behind it");
    }
    return faults;
  }

  /** For {@code --json}. */
  Map<String, @Nullable Object> asMap() {
    Map<String, @Nullable Object> fields = new LinkedHashMap<>();
    fields.put("held", faults().isEmpty());
    fields.put("faults", faults());
    fields.put("elapsed_ms", elapsed.toMillis());
    fields.put("lab_run", runId);
    fields.put("recording", recording);
    fields.put("kernel_oom_kills", kernelKills);
    fields.put("stored_oom_kills", storedKills);
    fields.put("backtest_run_id", backtestRunId.toString());
    fields.put("policy_id", policyId);
    fields.put("servers", comparison.asMaps());
    fields.put("rollback", asMap(rollback));
    fields.put("stops", stops.stream().map(LoopReport::asMap).toList());
    fields.put("history", history.stream().map(LoopReport::asMap).toList());
    fields.put("custody", custody == null ? null : CustodyText.asMap(custody));
    return fields;
  }

  private static Map<String, Object> asMap(Rollback rollback) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("policy_id", rollback.policyId());
    fields.put("rolled_back_by", rollback.rolledBackBy());
    fields.put("servers_reached", rollback.serversReached());
    fields.put("blocks", rollback.blocks());
    fields.put("events", rollback.events());
    fields.put("alarm_from_events", rollback.alarmFromEvents());
    fields.put("elapsed_ms", rollback.elapsed().toMillis());
    return fields;
  }

  private static Map<String, Object> asMap(Stop stop) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("what", stop.what());
    Duration elapsed = stop.elapsed();
    fields.put("elapsed_ms", elapsed == null ? null : elapsed.toMillis());
    fields.put("tick_ms", stop.allowed().toMillis());
    return fields;
  }

  private static Map<String, Object> asMap(RolloutEvent event) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("occurred_at", event.step().occurredAt().toString());
    fields.put("rollout_id", event.rolloutId().toString());
    fields.put("revision", event.revision());
    fields.put("to_stage", event.step().stage().label());
    fields.put("to_percent", event.step().canaryPercent());
    fields.put("actor", event.step().actor());
    fields.put("approver", event.step().approver());
    fields.put("reason", event.step().reason());
    return fields;
  }
}
