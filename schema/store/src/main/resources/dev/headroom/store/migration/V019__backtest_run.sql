CREATE TABLE headroom.backtest_run (
  run_id uuid PRIMARY KEY,
  started_at timestamptz NOT NULL,
  recording_name text,
  recording_hash text NOT NULL,
  engine_version text NOT NULL,
  manifest json NOT NULL,
  result json NOT NULL
);
CREATE INDEX backtest_run_by_time ON headroom.backtest_run (started_at);

COMMENT ON TABLE headroom.backtest_run IS 'One replay of policies over a recording';
COMMENT ON COLUMN headroom.backtest_run.run_id IS 'Names the run';
COMMENT ON COLUMN headroom.backtest_run.started_at IS 'When it was started';
COMMENT ON COLUMN headroom.backtest_run.recording_name IS 'What was replayed; null for an ad-hoc time range; no foreign key, because a recording may come from a file';
COMMENT ON COLUMN headroom.backtest_run.recording_hash IS 'The content hash of what was replayed';
COMMENT ON COLUMN headroom.backtest_run.engine_version IS 'Of the replay';
COMMENT ON COLUMN headroom.backtest_run.manifest IS 'Everything needed to reproduce it, kept byte for byte';
COMMENT ON COLUMN headroom.backtest_run.result IS 'What came out, kept byte for byte';
