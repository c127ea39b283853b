CREATE TABLE headroom.rollout_event (
  rollout_event_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  rollout_id uuid NOT NULL REFERENCES headroom.rollout,
  occurred_at timestamptz NOT NULL DEFAULT now(),
  from_stage headroom.rollout_stage,
  from_percent integer,
  to_stage headroom.rollout_stage NOT NULL,
  to_percent integer,
  actor text NOT NULL,
  reason text NOT NULL,
  run_id uuid
);

CREATE TRIGGER rollout_event_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON headroom.rollout_event
  FOR EACH STATEMENT EXECUTE FUNCTION headroom.refuse_change();

COMMENT ON TABLE headroom.rollout_event IS 'The audit of every transition of every rollout; rows are never changed';
COMMENT ON COLUMN headroom.rollout_event.rollout_event_id IS 'Orders the transitions';
COMMENT ON COLUMN headroom.rollout_event.rollout_id IS 'Of which rollout';
COMMENT ON COLUMN headroom.rollout_event.occurred_at IS 'When';
COMMENT ON COLUMN headroom.rollout_event.from_stage IS 'The stage before; null for the first row of a rollout';
COMMENT ON COLUMN headroom.rollout_event.from_percent IS 'Canary share before, in percent; null outside canary';
COMMENT ON COLUMN headroom.rollout_event.to_stage IS 'The stage after';
COMMENT ON COLUMN headroom.rollout_event.to_percent IS 'Canary share after, in percent; null outside canary';
COMMENT ON COLUMN headroom.rollout_event.actor IS 'Who: a person, or the gate that rolled back on its own';
COMMENT ON COLUMN headroom.rollout_event.reason IS 'Why, in words';
COMMENT ON COLUMN headroom.rollout_event.run_id IS 'The backtest run that is the evidence; null when there is none';
