CREATE TABLE headroom.decision (
  decided_at timestamptz NOT NULL,
  instance_id uuid NOT NULL,
  policy_id text NOT NULL,
  limit_bytes bigint,
  mode headroom.guard_mode NOT NULL,
  applied boolean NOT NULL,
  reason text,
  inputs jsonb NOT NULL,
  evaluation_ns bigint,
  PRIMARY KEY (instance_id, decided_at, policy_id)
);
SELECT headroom.make_hypertable('decision', 'decided_at', '1 day');

COMMENT ON TABLE headroom.decision IS 'One evaluation of one policy for one instance';
COMMENT ON COLUMN headroom.decision.decided_at IS 'When, to the microsecond';
COMMENT ON COLUMN headroom.decision.instance_id IS 'For whom';
COMMENT ON COLUMN headroom.decision.policy_id IS 'By which policy';
COMMENT ON COLUMN headroom.decision.limit_bytes IS 'The limit decided, in bytes; null when the formula gave none';
COMMENT ON COLUMN headroom.decision.mode IS 'What the guard was to do with it';
COMMENT ON COLUMN headroom.decision.applied IS 'Whether the limit was written to the guard';
COMMENT ON COLUMN headroom.decision.reason IS 'Why there is no limit or why it was not applied; null when all went well';
COMMENT ON COLUMN headroom.decision.inputs IS 'The formula''s inputs by name, in the formula''s units; NaN, Infinity, -Infinity and -0.0 are strings; an absent input is missing';
COMMENT ON COLUMN headroom.decision.evaluation_ns IS 'How long the evaluation took, in nanoseconds';
