-- Who may do what, table by table. A new table is added here; a test finds one that was forgotten.
-- ON CONFLICT DO NOTHING without a target needs no right to read, so a collector has INSERT and nothing else.
DO $$
BEGIN
  -- Staging tables of COPY are temporary tables.
  EXECUTE format('GRANT TEMPORARY ON DATABASE %I TO headroom_collector, headroom_operator', current_database());
END
$$;

GRANT INSERT ON
  headroom.memory_sample, headroom.process_sample, headroom.oom_kill, headroom.instance_event,
  headroom.guard_event, headroom.decision, headroom.collector_event
  TO headroom_collector, headroom_operator;

GRANT SELECT ON
  headroom.node, headroom.instance,
  headroom.memory_sample, headroom.process_sample, headroom.oom_kill, headroom.instance_event,
  headroom.guard_event, headroom.decision, headroom.collector_event,
  headroom.policy, headroom.rollout, headroom.rollout_event, headroom.guard_stop,
  headroom.recording, headroom.recording_instance, headroom.backtest_run, headroom.backtest_kill, headroom.backtest_report,
  headroom.memory_sample_1m, headroom.memory_sample_1h, headroom.decision_1m, headroom.decision_1h, headroom.retention,
  headroom.rollup, headroom.decision_rollup, headroom.custody
  TO headroom_reader, headroom_operator;

-- Column by column, so that nobody writes under another's database_user and a rollout stays the one it was made as.
REVOKE INSERT ON headroom.policy, headroom.rollout_event, headroom.guard_stop FROM headroom_operator;
REVOKE INSERT, UPDATE ON headroom.rollout FROM headroom_operator;
GRANT INSERT (policy_id, policy_name, version, formula_text, decides_on, cadence_ms, lag_ms, minimum_bytes, maximum_bytes, created_by)
  ON headroom.policy TO headroom_operator;
GRANT INSERT (
  rollout_id, occurred_at, from_stage, from_percent, to_stage, to_percent, actor, reason, run_id,
  event_kind, revision, approver, evidence)
  ON headroom.rollout_event TO headroom_operator;
GRANT INSERT (stopped, actor, reason) ON headroom.guard_stop TO headroom_operator;
GRANT INSERT (rollout_id, rollout_name, policy_id, instance_labels, stage, changed_at, created_at, gates)
  ON headroom.rollout TO headroom_operator;
GRANT UPDATE (stage, canary_percent, paused, changed_at, revision) ON headroom.rollout TO headroom_operator;
GRANT INSERT, UPDATE, DELETE ON
  headroom.recording, headroom.recording_instance, headroom.backtest_run, headroom.backtest_kill, headroom.backtest_report
  TO headroom_operator;
GRANT SELECT, INSERT, UPDATE ON headroom.api_token TO headroom_operator;
GRANT SELECT, INSERT ON headroom.api_audit TO headroom_operator;
GRANT UPDATE (keep) ON headroom.retention TO headroom_operator;
