ALTER TABLE headroom.backtest_run ADD COLUMN kind text NOT NULL DEFAULT 'run';
COMMENT ON COLUMN headroom.backtest_run.kind IS 'What was done: run, or a search (holdout, sweep, tune, walk), whose verdicts on single kills are in its result';
