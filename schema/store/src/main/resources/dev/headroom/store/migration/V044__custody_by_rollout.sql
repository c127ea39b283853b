-- A decision says since V035 which rollout made it, so labels that were changed since, and two rollouts of one policy, mislead no more.
-- A decision that does not say is still followed by policy, labels and time.
CREATE OR REPLACE VIEW headroom.custody AS
SELECT
  event.occurred_at, event.instance_id, event.kind AS guard_event_kind, event.pid, event.statement_number, event.limit_bytes,
  decision.decided_at, decision.limit_bytes AS decided_bytes, decision.mode AS decided_mode,
  policy.policy_id, policy.formula_text,
  step.rollout_id, step.rollout_name, step.rollout_event_id, step.occurred_at AS step_at,
  step.to_stage AS step_stage, step.to_percent AS step_percent, step.actor AS step_actor, step.reason AS step_reason,
  approval.approver, approval.actor AS approval_actor, approval.occurred_at AS approved_at, approval.reason AS approval_reason,
  run.run_id, run.started_at AS run_started_at, run.engine_version, run.recording_name, run.recording_hash
FROM headroom.guard_event AS event
JOIN headroom.policy ON policy.policy_id = event.policy_id
LEFT JOIN LATERAL (
  SELECT each.decided_at, each.limit_bytes, each.mode, each.rollout_id
  FROM headroom.decision AS each
  WHERE each.instance_id = event.instance_id AND each.policy_id = event.policy_id AND each.limit_bytes IS NOT NULL
    AND each.decided_at <= event.occurred_at AND each.decided_at > event.occurred_at - interval '1 day'
  ORDER BY each.decided_at DESC LIMIT 1) AS decision ON true
LEFT JOIN LATERAL (
  SELECT each.*, rollout.rollout_name
  FROM headroom.rollout
  JOIN headroom.rollout_event AS each USING (rollout_id)
  LEFT JOIN headroom.instance ON instance.instance_id = event.instance_id
  WHERE each.event_kind = 'transition' AND each.occurred_at <= event.occurred_at
    AND CASE WHEN decision.rollout_id IS NOT NULL THEN rollout.rollout_id = decision.rollout_id
      ELSE rollout.policy_id = event.policy_id AND (instance.labels IS NULL OR instance.labels @> rollout.instance_labels) END
  ORDER BY rollout.created_at DESC, each.rollout_event_id DESC LIMIT 1) AS step ON true
LEFT JOIN LATERAL (
  SELECT each.approver, each.actor, each.occurred_at, each.reason
  FROM headroom.rollout_event AS each
  WHERE each.rollout_id = step.rollout_id AND each.rollout_event_id <= step.rollout_event_id AND each.approver IS NOT NULL
  ORDER BY each.rollout_event_id DESC LIMIT 1) AS approval ON true
LEFT JOIN LATERAL (
  SELECT each.run_id
  FROM headroom.rollout_event AS each
  WHERE each.rollout_id = step.rollout_id AND each.rollout_event_id <= step.rollout_event_id AND each.run_id IS NOT NULL
  ORDER BY each.rollout_event_id DESC LIMIT 1) AS evidence ON true
LEFT JOIN headroom.backtest_run AS run ON run.run_id = evidence.run_id;

COMMENT ON COLUMN headroom.custody.rollout_id IS
  'The rollout that brought it to the instance: as the decision says, else the newest of that policy that reaches the instance; null when none did, as for a limit from the command line';
