CREATE FUNCTION headroom.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'headroom.% only grows: % is refused', TG_TABLE_NAME, TG_OP
    USING ERRCODE = 'integrity_constraint_violation', HINT = 'Add a new row instead.';
END
$$;
COMMENT ON FUNCTION headroom.refuse_change() IS 'Trigger: refuses every update, delete and truncate, also by the owner';

CREATE TABLE headroom.policy (
  policy_id text PRIMARY KEY,
  policy_name text NOT NULL,
  version integer NOT NULL,
  formula_text text NOT NULL,
  cadence_ms bigint NOT NULL,
  lag_ms bigint NOT NULL,
  minimum_bytes bigint,
  maximum_bytes bigint,
  created_at timestamptz NOT NULL DEFAULT now(),
  created_by text NOT NULL DEFAULT current_user,
  UNIQUE (policy_name, version),
  CONSTRAINT version_counts_from_one CHECK (version >= 1),
  CONSTRAINT times_are_not_negative CHECK (cadence_ms >= 0 AND lag_ms >= 0),
  CONSTRAINT minimum_is_not_above_maximum CHECK (minimum_bytes <= maximum_bytes)
);

CREATE TRIGGER policy_is_immutable BEFORE UPDATE OR DELETE OR TRUNCATE ON headroom.policy
  FOR EACH STATEMENT EXECUTE FUNCTION headroom.refuse_change();

COMMENT ON TABLE headroom.policy IS 'An immutable, versioned formula with cadence and clamps';
COMMENT ON COLUMN headroom.policy.policy_id IS 'Names this version of the policy for ever';
COMMENT ON COLUMN headroom.policy.policy_name IS 'What people call it';
COMMENT ON COLUMN headroom.policy.version IS 'Counts the versions of one name, from 1';
COMMENT ON COLUMN headroom.policy.formula_text IS 'The formula as written';
COMMENT ON COLUMN headroom.policy.cadence_ms IS 'Least time between two decisions, in milliseconds; 0 decides at every sample';
COMMENT ON COLUMN headroom.policy.lag_ms IS 'From a decision to the moment its limit is in force, in milliseconds';
COMMENT ON COLUMN headroom.policy.minimum_bytes IS 'The limit is never below this, in bytes; null for no bound';
COMMENT ON COLUMN headroom.policy.maximum_bytes IS 'The limit is never above this, in bytes; null for no bound';
COMMENT ON COLUMN headroom.policy.created_at IS 'When it was made';
COMMENT ON COLUMN headroom.policy.created_by IS 'Who made it';
