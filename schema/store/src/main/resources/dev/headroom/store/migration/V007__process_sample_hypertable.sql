CREATE TABLE headroom.process_sample (
  sampled_at timestamptz NOT NULL,
  instance_id uuid NOT NULL,
  pid integer NOT NULL,
  start_ticks bigint NOT NULL,
  namespace_pid integer,
  backend_kind headroom.backend_kind NOT NULL,
  blockable boolean NOT NULL,
  database_name text,
  user_name text,
  statement_number bigint,
  query_id bigint,
  query_fingerprint bigint,
  resident_anon_bytes bigint,
  resident_file_bytes bigint,
  resident_shmem_bytes bigint,
  page_tables_bytes bigint,
  swap_bytes bigint,
  oom_score_adj integer,
  guard_allocated_bytes bigint,
  guard_allocated_peak_bytes bigint,
  PRIMARY KEY (instance_id, sampled_at, pid)
);
SELECT headroom.make_hypertable('process_sample', 'sampled_at', '1 day');

COMMENT ON TABLE headroom.process_sample IS 'What was read about one process of an instance at the moment of its sample';
COMMENT ON COLUMN headroom.process_sample.sampled_at IS 'The moment of the sample it belongs to';
COMMENT ON COLUMN headroom.process_sample.instance_id IS 'Whose process';
COMMENT ON COLUMN headroom.process_sample.pid IS 'The process as the node sees it';
COMMENT ON COLUMN headroom.process_sample.start_ticks IS 'When it started, in clock ticks since boot; pid and start name a process for ever';
COMMENT ON COLUMN headroom.process_sample.namespace_pid IS 'Its pid inside its own pid namespace; null when unknown';
COMMENT ON COLUMN headroom.process_sample.backend_kind IS 'What it is for';
COMMENT ON COLUMN headroom.process_sample.blockable IS 'Whether a guard may refuse it';
COMMENT ON COLUMN headroom.process_sample.database_name IS 'Database it is connected to; null when unknown';
COMMENT ON COLUMN headroom.process_sample.user_name IS 'User it is connected as; null when unknown';
COMMENT ON COLUMN headroom.process_sample.statement_number IS 'Counts the statements of this process; null while it is idle';
COMMENT ON COLUMN headroom.process_sample.query_id IS 'Postgres''s own query identifier; null without a guard';
COMMENT ON COLUMN headroom.process_sample.query_fingerprint IS 'A hash of the statement without its literals; null when the text could not be read';
COMMENT ON COLUMN headroom.process_sample.resident_anon_bytes IS 'RssAnon, in bytes';
COMMENT ON COLUMN headroom.process_sample.resident_file_bytes IS 'RssFile, in bytes';
COMMENT ON COLUMN headroom.process_sample.resident_shmem_bytes IS 'RssShmem, in bytes';
COMMENT ON COLUMN headroom.process_sample.page_tables_bytes IS 'VmPTE, in bytes';
COMMENT ON COLUMN headroom.process_sample.swap_bytes IS 'VmSwap, in bytes';
COMMENT ON COLUMN headroom.process_sample.oom_score_adj IS '-1000 (never killed) to 1000';
COMMENT ON COLUMN headroom.process_sample.guard_allocated_bytes IS 'The guard''s account of the process, in bytes; null without a guard';
COMMENT ON COLUMN headroom.process_sample.guard_allocated_peak_bytes IS 'The guard''s watermark since the sample before, in bytes; null without a guard';
