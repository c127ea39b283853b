CREATE TABLE headroom.retention (
  table_name text PRIMARY KEY,
  time_column text NOT NULL,
  keep interval
);
COMMENT ON TABLE headroom.retention IS
  'How long rows are kept; what lies in the range of a recording is kept however old it is';
COMMENT ON COLUMN headroom.retention.table_name IS 'A table of this schema';
COMMENT ON COLUMN headroom.retention.time_column IS 'The column that says how old a row is';
COMMENT ON COLUMN headroom.retention.keep IS 'Rows older than this go; null keeps them for ever';

INSERT INTO headroom.retention (table_name, time_column, keep) VALUES
  ('memory_sample', 'sampled_at', '90 days'),
  ('process_sample', 'sampled_at', '30 days'),
  ('decision', 'decided_at', '90 days'),
  ('collector_event', 'occurred_at', '90 days'),
  ('guard_event', 'occurred_at', '1 year'),
  ('instance_event', 'occurred_at', NULL),
  ('oom_kill', 'killed_at', NULL);
