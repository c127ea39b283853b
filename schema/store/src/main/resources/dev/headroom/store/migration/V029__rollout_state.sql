ALTER TABLE headroom.rollout
  ADD COLUMN rollout_name text UNIQUE,
  ADD COLUMN paused boolean NOT NULL DEFAULT false,
  ADD COLUMN created_at timestamptz NOT NULL DEFAULT now(),
  ADD COLUMN revision bigint NOT NULL DEFAULT 0,
  ADD COLUMN gates jsonb NOT NULL DEFAULT '{}';
UPDATE headroom.rollout SET rollout_name = rollout_id::text;
ALTER TABLE headroom.rollout ALTER COLUMN rollout_name SET NOT NULL;

COMMENT ON COLUMN headroom.rollout.rollout_name IS 'What people call it';
COMMENT ON COLUMN headroom.rollout.paused IS 'Whether it goes no further until somebody resumes it; what is in force stays';
COMMENT ON COLUMN headroom.rollout.created_at IS 'When it was made; the newest live rollout that reaches an instance wins';
COMMENT ON COLUMN headroom.rollout.revision IS 'Counts the changes; a change names the revision it was decided on, so that of two at once only one wins';
COMMENT ON COLUMN headroom.rollout.gates IS 'What each step asks for, by name, where it differs from the defaults';

ALTER TABLE headroom.rollout_event
  ADD COLUMN event_kind text NOT NULL DEFAULT 'transition',
  ADD COLUMN revision bigint,
  ADD COLUMN approver text,
  ADD COLUMN evidence jsonb NOT NULL DEFAULT '{}';

COMMENT ON COLUMN headroom.rollout_event.event_kind IS 'transition, pause or resume; pause and resume stay in their stage';
COMMENT ON COLUMN headroom.rollout_event.revision IS 'The rollout''s revision that this change made; null in rows older than revisions';
COMMENT ON COLUMN headroom.rollout_event.approver IS 'Who answers for a step that its gate did not open; null when the gate did';
COMMENT ON COLUMN headroom.rollout_event.evidence IS 'What the gates said, gate by gate, with the figures they looked at';

CREATE TABLE headroom.guard_stop (
  guard_stop_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  occurred_at timestamptz NOT NULL DEFAULT now(),
  stopped boolean NOT NULL,
  actor text NOT NULL,
  reason text NOT NULL
);
CREATE TRIGGER guard_stop_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON headroom.guard_stop
  FOR EACH STATEMENT EXECUTE FUNCTION headroom.refuse_change();

COMMENT ON TABLE headroom.guard_stop IS 'Every guard off everywhere, and the end of that; the newest row is what holds';
COMMENT ON COLUMN headroom.guard_stop.guard_stop_id IS 'Orders the rows';
COMMENT ON COLUMN headroom.guard_stop.occurred_at IS 'When';
COMMENT ON COLUMN headroom.guard_stop.stopped IS 'True: every guard is to be off; false: the rollouts hold again';
COMMENT ON COLUMN headroom.guard_stop.actor IS 'Who';
COMMENT ON COLUMN headroom.guard_stop.reason IS 'Why, in words';

-- Collectors wait for this instead of asking again and again.
CREATE FUNCTION headroom.flags_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('headroom_flags', '');
  RETURN NULL;
END
$$;
COMMENT ON FUNCTION headroom.flags_changed() IS 'Trigger: tells everybody who listens on headroom_flags';

CREATE TRIGGER rollout_changes_flags AFTER INSERT OR UPDATE ON headroom.rollout
  FOR EACH STATEMENT EXECUTE FUNCTION headroom.flags_changed();
CREATE TRIGGER guard_stop_changes_flags AFTER INSERT ON headroom.guard_stop
  FOR EACH STATEMENT EXECUTE FUNCTION headroom.flags_changed();
