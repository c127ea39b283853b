CREATE TABLE headroom.instance_event (
  occurred_at timestamptz NOT NULL,
  instance_id uuid NOT NULL,
  kind headroom.instance_event_kind NOT NULL,
  outage_ms bigint,
  detail text,
  PRIMARY KEY (instance_id, occurred_at, kind)
);
SELECT headroom.make_hypertable('instance_event', 'occurred_at', '30 days');

COMMENT ON TABLE headroom.instance_event IS 'A turn in an instance''s life';
COMMENT ON COLUMN headroom.instance_event.occurred_at IS 'When, to the microsecond';
COMMENT ON COLUMN headroom.instance_event.instance_id IS 'Whose';
COMMENT ON COLUMN headroom.instance_event.kind IS 'What';
COMMENT ON COLUMN headroom.instance_event.outage_ms IS 'From the first kill to the moment connections were accepted again, in milliseconds; only for ready after a crash';
COMMENT ON COLUMN headroom.instance_event.detail IS 'Words for a person, such as the line of the server''s log';
