-- What a collector may do besides adding rows: bring a node or an instance up to date, without reading the table.
CREATE OR REPLACE FUNCTION headroom.observe_node(
  node_name text, boot_id text, kernel_release text, memory_total_bytes bigint, capture_source text, observed_at timestamptz)
RETURNS boolean LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  WITH changed AS (
    INSERT INTO headroom.node AS known (node_name, boot_id, kernel_release, memory_total_bytes, capture_source, observed_at)
    VALUES ($1, $2, $3, $4, $5, $6)
    ON CONFLICT (node_name) DO UPDATE SET
      boot_id = excluded.boot_id,
      kernel_release = excluded.kernel_release,
      memory_total_bytes = excluded.memory_total_bytes,
      capture_source = excluded.capture_source,
      observed_at = excluded.observed_at
    WHERE excluded.observed_at > known.observed_at
    RETURNING 1)
  SELECT EXISTS (SELECT FROM changed)
$$;
COMMENT ON FUNCTION headroom.observe_node(text, text, text, bigint, text, timestamptz) IS
  'Stores what was read about a node unless something newer is known; true when it was stored';
REVOKE ALL ON FUNCTION headroom.observe_node(text, text, text, bigint, text, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION headroom.observe_node(text, text, text, bigint, text, timestamptz)
  TO headroom_collector, headroom_operator;

CREATE OR REPLACE FUNCTION headroom.observe_instance(
  instance_id uuid, node_name text, cgroup_path text, cgroup_version headroom.cgroup_version, data_directory text,
  port integer, postgres_version text, labels jsonb, observed_at timestamptz)
RETURNS boolean LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  WITH changed AS (
    INSERT INTO headroom.instance AS known (
      instance_id, node_name, cgroup_path, cgroup_version, data_directory, port, postgres_version, labels, observed_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
    ON CONFLICT (instance_id) DO UPDATE SET
      node_name = excluded.node_name,
      cgroup_path = excluded.cgroup_path,
      cgroup_version = excluded.cgroup_version,
      data_directory = excluded.data_directory,
      port = excluded.port,
      postgres_version = excluded.postgres_version,
      labels = excluded.labels,
      observed_at = excluded.observed_at
    WHERE excluded.observed_at > known.observed_at
    RETURNING 1)
  SELECT EXISTS (SELECT FROM changed)
$$;
COMMENT ON FUNCTION headroom.observe_instance(
  uuid, text, text, headroom.cgroup_version, text, integer, text, jsonb, timestamptz) IS
  'Stores what was read about an instance unless something newer is known; true when it was stored';
REVOKE ALL ON FUNCTION headroom.observe_instance(
  uuid, text, text, headroom.cgroup_version, text, integer, text, jsonb, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION headroom.observe_instance(
  uuid, text, text, headroom.cgroup_version, text, integer, text, jsonb, timestamptz)
  TO headroom_collector, headroom_operator;

-- Every program asks this when it opens the database, the collector too, which may read no table.
CREATE OR REPLACE FUNCTION headroom.schema_version()
RETURNS integer LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT max(version::integer) FROM headroom.schema_history WHERE success AND version ~ '^[0-9]+$'
$$;
COMMENT ON FUNCTION headroom.schema_version() IS 'The number of the newest migration that was applied';
REVOKE ALL ON FUNCTION headroom.schema_version() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION headroom.schema_version() TO headroom_collector, headroom_reader, headroom_operator;

-- Everything flags are evaluated from, read in one snapshot; collectors have this and no table.
-- The revision grows with every change that can be seen, because each rollout's does and no row goes away.
CREATE OR REPLACE FUNCTION headroom.flag_state()
RETURNS jsonb LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  WITH active AS (
    SELECT * FROM headroom.rollout WHERE stage NOT IN ('rolled_back', 'retired'))
  SELECT jsonb_build_object(
    'revision',
    (SELECT count(*) + coalesce(sum(revision), 0) FROM headroom.rollout)
      + (SELECT count(*) FROM headroom.guard_stop),
    'stop',
    (SELECT CASE WHEN stopped THEN reason END FROM headroom.guard_stop ORDER BY guard_stop_id DESC LIMIT 1),
    'rollouts',
    (SELECT coalesce(jsonb_agg(jsonb_build_object(
        'rollout_id', rollout_id, 'name', rollout_name, 'policy_id', policy_id, 'instance_labels', instance_labels,
        'stage', stage, 'canary_percent', canary_percent, 'paused', paused,
        'created_at', created_at, 'changed_at', changed_at, 'revision', revision)
        ORDER BY created_at DESC, rollout_id), '[]')
      FROM active),
    'policies',
    (SELECT coalesce(jsonb_agg(jsonb_build_object(
        'policy_id', policy_id, 'name', policy_name, 'version', version, 'formula_text', formula_text,
        'decides_on', decides_on, 'cadence_ms', cadence_ms, 'lag_ms', lag_ms, 'minimum_bytes', minimum_bytes, 'maximum_bytes', maximum_bytes)
        ORDER BY policy_id), '[]')
      FROM headroom.policy WHERE policy_id IN (SELECT active.policy_id FROM active)))
$$;
COMMENT ON FUNCTION headroom.flag_state() IS
  'What flags are evaluated from: a stop that holds, the rollouts that have not ended (newest first) and their policies';
REVOKE ALL ON FUNCTION headroom.flag_state() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION headroom.flag_state() TO headroom_collector, headroom_reader, headroom_operator;
