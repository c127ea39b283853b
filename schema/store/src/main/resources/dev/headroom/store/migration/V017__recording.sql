CREATE TABLE headroom.recording (
  recording_name text PRIMARY KEY,
  starts_at timestamptz NOT NULL,
  ends_at timestamptz NOT NULL,
  note text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT it_ends_after_it_starts CHECK (starts_at < ends_at)
);

COMMENT ON TABLE headroom.recording IS 'A named time range of some instances: what a replay reads';
COMMENT ON COLUMN headroom.recording.recording_name IS 'What --recording takes';
COMMENT ON COLUMN headroom.recording.starts_at IS 'The first moment that belongs to it';
COMMENT ON COLUMN headroom.recording.ends_at IS 'The first moment after it';
COMMENT ON COLUMN headroom.recording.note IS 'How it was made, in words';
COMMENT ON COLUMN headroom.recording.created_at IS 'When it was named';
