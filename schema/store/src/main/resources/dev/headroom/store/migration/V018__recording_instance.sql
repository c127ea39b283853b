CREATE TABLE headroom.recording_instance (
  recording_name text NOT NULL REFERENCES headroom.recording ON DELETE CASCADE,
  instance_id uuid NOT NULL,
  PRIMARY KEY (recording_name, instance_id)
);

COMMENT ON TABLE headroom.recording_instance IS 'Which instances belong to a recording';
COMMENT ON COLUMN headroom.recording_instance.recording_name IS 'The recording';
COMMENT ON COLUMN headroom.recording_instance.instance_id IS 'An instance of it; no foreign key, because that row may still be in a collector''s spool';
