CREATE TYPE headroom.policy_trigger AS ENUM ('cadence', 'events');
COMMENT ON TYPE headroom.policy_trigger IS
  'What makes a policy decide: time that passed, or an instance that started, became ready or read its configuration again';

ALTER TABLE headroom.policy
  ADD COLUMN decides_on headroom.policy_trigger NOT NULL DEFAULT 'cadence';

-- What it decides on is part of a policy's content.
DROP INDEX headroom.policy_content;
CREATE UNIQUE INDEX policy_content ON headroom.policy
  (policy_name, md5(formula_text), decides_on, cadence_ms, lag_ms, minimum_bytes, maximum_bytes) NULLS NOT DISTINCT;

COMMENT ON COLUMN headroom.policy.decides_on IS
  'cadence: at every sample that is cadence_ms after the last decision; events: at the first sample after each turn in the instance''s life, and at none besides';
