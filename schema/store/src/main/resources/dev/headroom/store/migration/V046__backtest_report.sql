CREATE TABLE headroom.backtest_report (
  run_id uuid NOT NULL REFERENCES headroom.backtest_run ON DELETE CASCADE,
  format text NOT NULL CHECK (format ~ '^[a-z]+$'),
  content text NOT NULL,
  PRIMARY KEY (run_id, format)
);

COMMENT ON TABLE headroom.backtest_report IS 'A run as it is read: reports say more than the result''s JSON, so they cannot be made from it later';
COMMENT ON COLUMN headroom.backtest_report.run_id IS 'The run';
COMMENT ON COLUMN headroom.backtest_report.format IS 'What a file with it ends in: html, md, txt, xml';
COMMENT ON COLUMN headroom.backtest_report.content IS 'The report, byte for byte in UTF-8';
