package dev.headroom.launcher;

import dev.headroom.store.CustodyStore.Chain;
import java.util.LinkedHashMap;
import java.util.Map;

/** A chain of custody for people and for JSON. */
final class CustodyText {

  private static final double MIB = 1 << 20;

  private CustodyText() {}

  /** One line per link. */
  static String of(Chain chain) {
    StringBuilder text = new StringBuilder();
    line(
        text,
        "block",
        "%s, process %d of instance %s, limit %s"
            .formatted(
                chain.occurredAt(), chain.pid(), chain.instanceId(), mib(chain.limitBytes())));
    line(
        text,
        "decision",
        chain.decidedAt() == null
            ? "none"
            : "%s, %s".formatted(chain.decidedAt(), mib(chain.decidedBytes())));
    line(
        text,
        "policy",
        "%s: %s"
            .formatted(
                chain.policyId(), chain.formulaText().strip().replaceAll("\\s*\n\\s*", "; ")));
    line(
        text,
        "rollout step",
        chain.stage() == null
            ? "none"
            : "%s to %s%s at %s by %s"
                .formatted(
                    chain.rolloutName(),
                    chain.stage().label(),
                    chain.canaryPercent() == null ? "" : " " + chain.canaryPercent() + "%",
                    chain.stepAt(),
                    chain.actor()));
    line(
        text,
        "approval",
        chain.approver() == null ? "none was needed: the gates opened it" : chain.approver());
    line(text, "backtest run", String.valueOf(chain.runId()));
    line(text, "recording", "%s, %s".formatted(chain.recordingName(), chain.recordingHash()));
    return text.toString();
  }

  /** For {@code --json}. */
  static Map<String, Object> asMap(Chain chain) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("occurred_at", chain.occurredAt().toString());
    fields.put("instance_id", chain.instanceId().toString());
    fields.put("pid", chain.pid());
    fields.put("limit_bytes", chain.limitBytes());
    fields.put("decided_at", chain.decidedAt() == null ? null : chain.decidedAt().toString());
    fields.put("decided_bytes", chain.decidedBytes());
    fields.put("policy_id", chain.policyId());
    fields.put("formula", chain.formulaText());
    fields.put("rollout", chain.rolloutName());
    fields.put("stage", chain.stage() == null ? null : chain.stage().label());
    fields.put("percent", chain.canaryPercent());
    fields.put("step_at", chain.stepAt() == null ? null : chain.stepAt().toString());
    fields.put("actor", chain.actor());
    fields.put("approver", chain.approver());
    fields.put("run_id", chain.runId() == null ? null : chain.runId().toString());
    fields.put("recording", chain.recordingName());
    fields.put("recording_hash", chain.recordingHash());
    return fields;
  }

  private static void line(StringBuilder text, String what, String value) {
    text.append("  %-13s %s%n".formatted(what, value));
  }

  private static String mib(@org.jspecify.annotations.Nullable Long bytes) {
    return bytes == null ? "unknown" : "%.1f MiB".formatted(bytes / MIB);
  }
}
