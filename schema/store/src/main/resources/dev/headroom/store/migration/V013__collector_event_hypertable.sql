CREATE TABLE headroom.collector_event (
  occurred_at timestamptz NOT NULL,
  node_name text NOT NULL,
  instance_id uuid,
  kind headroom.collector_event_kind NOT NULL,
  event_count bigint,
  duration_ms bigint,
  detail text,
  CONSTRAINT collector_event_key UNIQUE NULLS NOT DISTINCT (node_name, occurred_at, kind, instance_id)
);
SELECT headroom.make_hypertable('collector_event', 'occurred_at', '7 days');

COMMENT ON TABLE headroom.collector_event IS 'What a collector says about itself: nothing is lost in silence';
COMMENT ON COLUMN headroom.collector_event.occurred_at IS 'When, to the microsecond';
COMMENT ON COLUMN headroom.collector_event.node_name IS 'Whose collector';
COMMENT ON COLUMN headroom.collector_event.instance_id IS 'The instance it concerns; null when it concerns the node';
COMMENT ON COLUMN headroom.collector_event.kind IS 'What';
COMMENT ON COLUMN headroom.collector_event.event_count IS 'How many: samples missed, kills not captured, events dropped';
COMMENT ON COLUMN headroom.collector_event.duration_ms IS 'How long, in milliseconds: the gap, the lag, the loop';
COMMENT ON COLUMN headroom.collector_event.detail IS 'Words for a person';
