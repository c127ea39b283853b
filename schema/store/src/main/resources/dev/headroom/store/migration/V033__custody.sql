-- From what a guard did back to the bytes it was decided on. One row per event of a guard that a policy stands behind.
-- The step is the rollout's newest transition before the event, of the newest rollout of that policy that reaches the instance.
CREATE VIEW headroom.custody AS
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
  SELECT each.decided_at, each.limit_bytes, each.mode
  FROM headroom.decision AS each
  WHERE each.instance_id = event.instance_id AND each.policy_id = event.policy_id AND each.limit_bytes IS NOT NULL
    AND each.decided_at <= event.occurred_at AND each.decided_at > event.occurred_at - interval '1 day'
  ORDER BY each.decided_at DESC LIMIT 1) AS decision ON true
LEFT JOIN LATERAL (
  SELECT each.*, rollout.rollout_name
  FROM headroom.rollout
  JOIN headroom.rollout_event AS each USING (rollout_id)
  LEFT JOIN headroom.instance ON instance.instance_id = event.instance_id
  WHERE rollout.policy_id = event.policy_id AND each.event_kind = 'transition' AND each.occurred_at <= event.occurred_at
    AND (instance.labels IS NULL OR instance.labels @> rollout.instance_labels)
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

COMMENT ON VIEW headroom.custody IS
  'The chain of custody: guard event, decision in force, policy version, rollout step, approval, backtest run, recording hash';
COMMENT ON COLUMN headroom.custody.occurred_at IS 'When the guard did it';
COMMENT ON COLUMN headroom.custody.instance_id IS 'Whose process';
COMMENT ON COLUMN headroom.custody.guard_event_kind IS 'What the guard did';
COMMENT ON COLUMN headroom.custody.pid IS 'The process as the node sees it';
COMMENT ON COLUMN headroom.custody.statement_number IS 'The statement it was in; null when idle or unknown';
COMMENT ON COLUMN headroom.custody.limit_bytes IS 'The limit at that moment as the guard had it, in bytes';
COMMENT ON COLUMN headroom.custody.decided_at IS 'The decision in force: the newest with a limit in the day before; null when there is none';
COMMENT ON COLUMN headroom.custody.decided_bytes IS 'The limit that was decided, in bytes';
COMMENT ON COLUMN headroom.custody.decided_mode IS 'What the guard was to do with it';
COMMENT ON COLUMN headroom.custody.policy_id IS 'The version of the policy';
COMMENT ON COLUMN headroom.custody.formula_text IS 'Its formula as written';
COMMENT ON COLUMN headroom.custody.rollout_id IS 'The rollout that brought it to the instance; null when none did, as for a limit from the command line';
COMMENT ON COLUMN headroom.custody.rollout_name IS 'What people call that rollout';
COMMENT ON COLUMN headroom.custody.rollout_event_id IS 'The audit row of the step it stood at';
COMMENT ON COLUMN headroom.custody.step_at IS 'When that step was made';
COMMENT ON COLUMN headroom.custody.step_stage IS 'To which stage';
COMMENT ON COLUMN headroom.custody.step_percent IS 'To which canary share, in percent; null outside canary';
COMMENT ON COLUMN headroom.custody.step_actor IS 'By whom';
COMMENT ON COLUMN headroom.custody.step_reason IS 'Why, in words';
COMMENT ON COLUMN headroom.custody.approver IS 'Who last answered for a step that its gates did not open; null when the gates opened all';
COMMENT ON COLUMN headroom.custody.approval_actor IS 'Who entered that approval';
COMMENT ON COLUMN headroom.custody.approved_at IS 'When';
COMMENT ON COLUMN headroom.custody.approval_reason IS 'Why, in words';
COMMENT ON COLUMN headroom.custody.run_id IS 'The backtest run that was the evidence';
COMMENT ON COLUMN headroom.custody.run_started_at IS 'When that run was started';
COMMENT ON COLUMN headroom.custody.engine_version IS 'Of the replay';
COMMENT ON COLUMN headroom.custody.recording_name IS 'What was replayed; null for an ad-hoc time range';
COMMENT ON COLUMN headroom.custody.recording_hash IS 'The content hash of what was replayed';
