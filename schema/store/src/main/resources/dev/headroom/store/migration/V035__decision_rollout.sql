ALTER TABLE headroom.decision
  ADD COLUMN rollout_id uuid,
  ADD COLUMN assignment_probability double precision;

COMMENT ON COLUMN headroom.decision.rollout_id IS
  'The rollout that put the policy on the instance; null when no rollout did or a flag did not say which';
COMMENT ON COLUMN headroom.decision.assignment_probability IS
  'With which probability an instance of the rollout was to be where this one is, in force or in shadow, from 0 to 1; null when unknown';
