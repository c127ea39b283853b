CREATE TABLE headroom.rollout (
  rollout_id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  policy_id text NOT NULL REFERENCES headroom.policy,
  instance_labels jsonb NOT NULL,
  stage headroom.rollout_stage NOT NULL,
  canary_percent integer,
  changed_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT percent_belongs_to_canary CHECK ((stage = 'canary') = (canary_percent IS NOT NULL)),
  CONSTRAINT percent_is_a_share CHECK (canary_percent BETWEEN 1 AND 99)
);

COMMENT ON TABLE headroom.rollout IS 'The state of a policy on a set of instances';
COMMENT ON COLUMN headroom.rollout.rollout_id IS 'Names the rollout';
COMMENT ON COLUMN headroom.rollout.policy_id IS 'The policy that is promoted';
COMMENT ON COLUMN headroom.rollout.instance_labels IS 'The instances it may reach: those whose labels contain this JSON object; {} is all';
COMMENT ON COLUMN headroom.rollout.stage IS 'How far it has been promoted';
COMMENT ON COLUMN headroom.rollout.canary_percent IS 'Share of the instances under canary, in percent; null in every other stage';
COMMENT ON COLUMN headroom.rollout.changed_at IS 'When stage or percent last changed';
