CREATE TABLE headroom.guard_event (
  occurred_at timestamptz NOT NULL,
  instance_id uuid NOT NULL,
  kind headroom.guard_event_kind NOT NULL,
  pid integer NOT NULL,
  statement_number bigint,
  backend_kind headroom.backend_kind NOT NULL,
  query_id bigint,
  policy_id text,
  limit_bytes bigint,
  allocated_bytes bigint,
  process_allocated_bytes bigint,
  requested_bytes bigint,
  CONSTRAINT guard_event_key UNIQUE NULLS NOT DISTINCT (instance_id, occurred_at, pid, kind, policy_id)
);
SELECT headroom.make_hypertable('guard_event', 'occurred_at', '7 days');

COMMENT ON TABLE headroom.guard_event IS 'What the live guard did to one process';
COMMENT ON COLUMN headroom.guard_event.occurred_at IS 'When, to the microsecond';
COMMENT ON COLUMN headroom.guard_event.instance_id IS 'Whose process';
COMMENT ON COLUMN headroom.guard_event.kind IS 'What';
COMMENT ON COLUMN headroom.guard_event.pid IS 'The process as the node sees it';
COMMENT ON COLUMN headroom.guard_event.statement_number IS 'The statement it was in; null when idle or unknown';
COMMENT ON COLUMN headroom.guard_event.backend_kind IS 'What the process was for';
COMMENT ON COLUMN headroom.guard_event.query_id IS 'Postgres''s own query identifier; null when unknown';
COMMENT ON COLUMN headroom.guard_event.policy_id IS 'Whose limit it was; null for a limit that no policy set';
COMMENT ON COLUMN headroom.guard_event.limit_bytes IS 'The limit at that moment, in bytes';
COMMENT ON COLUMN headroom.guard_event.allocated_bytes IS 'What all query processes held at that moment, in bytes';
COMMENT ON COLUMN headroom.guard_event.process_allocated_bytes IS 'What this process held, in bytes';
COMMENT ON COLUMN headroom.guard_event.requested_bytes IS 'What it asked for, in bytes';
