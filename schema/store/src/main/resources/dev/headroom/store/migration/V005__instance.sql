CREATE TABLE headroom.instance (
  instance_id uuid PRIMARY KEY,
  node_name text NOT NULL,
  cgroup_path text NOT NULL,
  cgroup_version headroom.cgroup_version NOT NULL,
  data_directory text NOT NULL,
  port integer,
  postgres_version text,
  labels jsonb NOT NULL,
  observed_at timestamptz NOT NULL
);
COMMENT ON TABLE headroom.instance IS 'One Postgres server in one memory cgroup, as last seen';
COMMENT ON COLUMN headroom.instance.instance_id IS 'Follows from node, cgroup path and data directory, so every collector computes it alike';
COMMENT ON COLUMN headroom.instance.node_name IS 'The node it runs on; no foreign key, because that row may still be in a collector''s spool';
COMMENT ON COLUMN headroom.instance.cgroup_path IS 'Path below the memory controller''s mount';
COMMENT ON COLUMN headroom.instance.cgroup_version IS 'The interface that limits its memory';
COMMENT ON COLUMN headroom.instance.data_directory IS 'As the instance itself sees it';
COMMENT ON COLUMN headroom.instance.port IS 'TCP port; null when unknown';
COMMENT ON COLUMN headroom.instance.postgres_version IS 'Such as 17.11; null when unknown';
COMMENT ON COLUMN headroom.instance.labels IS 'What a user groups by: a JSON object of strings';
COMMENT ON COLUMN headroom.instance.observed_at IS 'When this was read; an older reading never replaces a newer one';
