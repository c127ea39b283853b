CREATE TABLE headroom.backtest_kill (
  run_id uuid NOT NULL REFERENCES headroom.backtest_run ON DELETE CASCADE,
  policy_name text NOT NULL,
  kill_id uuid NOT NULL,
  verdict headroom.verdict NOT NULL,
  pessimistic_verdict headroom.verdict NOT NULL,
  limit_bytes bigint,
  relief_bytes bigint NOT NULL,
  lead_ms bigint,
  PRIMARY KEY (run_id, policy_name, kill_id)
);
CREATE INDEX backtest_kill_by_kill ON headroom.backtest_kill (kill_id);

COMMENT ON TABLE headroom.backtest_kill IS 'One policy''s verdict on one kill in one run';
COMMENT ON COLUMN headroom.backtest_kill.run_id IS 'The run';
COMMENT ON COLUMN headroom.backtest_kill.policy_name IS 'The policy';
COMMENT ON COLUMN headroom.backtest_kill.kill_id IS 'The kill; no foreign key, because a recording may come from a file';
COMMENT ON COLUMN headroom.backtest_kill.verdict IS 'As the point result has it';
COMMENT ON COLUMN headroom.backtest_kill.pessimistic_verdict IS 'When every candidate had been refused';
COMMENT ON COLUMN headroom.backtest_kill.limit_bytes IS 'The limit in force at the kill, in bytes; null when there was none';
COMMENT ON COLUMN headroom.backtest_kill.relief_bytes IS 'What refusals would have freed, in bytes';
COMMENT ON COLUMN headroom.backtest_kill.lead_ms IS 'From the end of the interval of the first justified refusal to the kill, in milliseconds; null unless prevented';
