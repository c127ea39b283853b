-- What a process has to call from time to time where the database has no scheduler: refresh every few minutes,
-- retention once a day. Both are quick when there is nothing to do, and harmless where a scheduler does it.
CREATE OR REPLACE PROCEDURE headroom.refresh_rollups()
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  horizon constant timestamptz := date_bin('1 hour', now() - interval '2 hours', '2000-01-01 00:00+00');
  hours timestamptz[];
  instances uuid[];
  decision_hours timestamptz[];
  decision_instances uuid[];
  target record;
  slice_end timestamptz;
BEGIN
  -- The edition timescale has policies for it; elsewhere one caller at a time is enough.
  IF headroom.edition() = 'timescale'
     OR NOT pg_try_advisory_xact_lock(hashtextextended('headroom.refresh_rollups', 0)) THEN
    RETURN;
  END IF;

  WITH taken AS (DELETE FROM headroom.rollup_late RETURNING hour_at, instance_id)
  SELECT array_agg(hour_at), array_agg(instance_id) INTO hours, instances FROM taken;

  WITH taken AS (DELETE FROM headroom.decision_rollup_late RETURNING hour_at, instance_id)
  SELECT array_agg(hour_at), array_agg(instance_id) INTO decision_hours, decision_instances FROM taken;

  FOR target IN
    SELECT 'rollup' AS kept_in, view_name, refreshed_to, 'memory_sample' AS source, 'sampled_at' AS time_column,
      hours AS late_hours, instances AS late_instances,
      headroom.rollup_query(headroom.bucket_expression(bucket_width), '%s') AS query
    FROM headroom.rollup
    UNION ALL
    SELECT 'decision_rollup', view_name, refreshed_to, 'decision', 'decided_at', decision_hours, decision_instances,
      headroom.decision_rollup_query(headroom.decision_bucket_expression(bucket_width), '%s')
    FROM headroom.decision_rollup
  LOOP
    EXECUTE format(
      'DELETE FROM headroom.%I AS stored USING unnest($1, $2) AS late (hour_at, instance_id) '
      'WHERE stored.instance_id = late.instance_id AND stored.bucket_at >= late.hour_at '
      'AND stored.bucket_at < late.hour_at + interval ''1 hour''', target.view_name || '_rollup')
      USING target.late_hours, target.late_instances;
    EXECUTE format('INSERT INTO headroom.%I ', target.view_name || '_rollup')
      || replace(
        target.query,
        '%s',
        format(
          'unnest($1, $2) AS late (hour_at, late_instance_id) JOIN headroom.%1$I ON instance_id = late_instance_id '
          'AND %2$I >= hour_at AND %2$I < hour_at + interval ''1 hour'' AND %2$I < $3', target.source, target.time_column))
      USING target.late_hours, target.late_instances, target.refreshed_to;

    IF target.refreshed_to < horizon THEN
      -- A day with rows at a time: a month that was never rolled up must not be one transaction.
      EXECUTE format(
        'SELECT date_bin(''1 hour'', %2$I, ''2000-01-01 00:00+00'') + interval ''1 day'' FROM headroom.%1$I '
        'WHERE %2$I >= $1 AND %2$I < $2 ORDER BY %2$I LIMIT 1', target.source, target.time_column)
        INTO slice_end USING target.refreshed_to, horizon;
      slice_end := least(coalesce(slice_end, horizon), horizon);
      EXECUTE format('INSERT INTO headroom.%I ', target.view_name || '_rollup')
        || replace(
          target.query,
          '%s',
          format('headroom.%1$I WHERE %2$I >= $1 AND %2$I < $2', target.source, target.time_column))
        USING target.refreshed_to, slice_end;
      EXECUTE format('UPDATE headroom.%I SET refreshed_to = $1 WHERE view_name = $2', target.kept_in)
        USING slice_end, target.view_name;
    END IF;
  END LOOP;
END
$$;
COMMENT ON PROCEDURE headroom.refresh_rollups() IS
  'Stores the buckets of the rollups of memory_sample and decision that are two hours old or got late rows, of the former a day; rollups_behind_since() says whether there are more';
REVOKE ALL ON PROCEDURE headroom.refresh_rollups() FROM PUBLIC;
GRANT EXECUTE ON PROCEDURE headroom.refresh_rollups() TO headroom_collector, headroom_operator;

CREATE OR REPLACE FUNCTION headroom.rollups_behind_since() RETURNS timestamptz
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
RETURN (
  SELECT min(refreshed_to)
  FROM (SELECT refreshed_to FROM headroom.rollup UNION ALL SELECT refreshed_to FROM headroom.decision_rollup) AS kept
  WHERE headroom.edition() <> 'timescale' AND refreshed_to < date_bin('1 hour', now() - interval '2 hours', '2000-01-01 00:00+00'));
COMMENT ON FUNCTION headroom.rollups_behind_since() IS
  'From when on buckets that are two hours old are not stored yet; null when all are, or the edition keeps account itself';
REVOKE ALL ON FUNCTION headroom.rollups_behind_since() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION headroom.rollups_behind_since() TO headroom_collector, headroom_operator;

CREATE OR REPLACE PROCEDURE headroom.apply_retention()
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  rule record;
  chunk record;
  is_hypertable boolean;
BEGIN
  -- What is about to go is rolled up first; a refresh under way elsewhere is waited for.
  PERFORM pg_advisory_xact_lock(hashtextextended('headroom.refresh_rollups', 0));
  LOOP
    CALL headroom.refresh_rollups();
    EXIT WHEN headroom.rollups_behind_since() IS NULL;
  END LOOP;

  FOR rule IN SELECT table_name, time_column, now() - keep AS horizon FROM headroom.retention WHERE keep IS NOT NULL LOOP
    is_hypertable := false;
    IF headroom.edition() <> 'plain' THEN
      is_hypertable := EXISTS (
        SELECT FROM timescaledb_information.hypertables
        WHERE hypertable_schema = 'headroom' AND hypertable_name = rule.table_name);
    END IF;

    IF is_hypertable THEN
      FOR chunk IN
        SELECT range_start, range_end
        FROM timescaledb_information.chunks
        WHERE hypertable_schema = 'headroom' AND hypertable_name = rule.table_name AND range_end <= rule.horizon
          AND NOT EXISTS (
            SELECT FROM headroom.recording WHERE starts_at < range_end AND ends_at > range_start)
      LOOP
        EXECUTE format('SELECT public.drop_chunks(%L::regclass, older_than => %L::timestamptz, newer_than => %L::timestamptz)',
                       'headroom.' || quote_ident(rule.table_name), chunk.range_end, chunk.range_start);
      END LOOP;
    ELSE
      EXECUTE format(
        'DELETE FROM headroom.%1$I AS aged WHERE aged.%2$I < $1 AND NOT EXISTS '
        '(SELECT FROM headroom.recording WHERE starts_at <= aged.%2$I AND ends_at > aged.%2$I)',
        rule.table_name, rule.time_column)
        USING rule.horizon;
    END IF;
  END LOOP;
END
$$;
COMMENT ON PROCEDURE headroom.apply_retention() IS
  'Drops what is older than the rules in retention say, except what a recording covers';
REVOKE ALL ON PROCEDURE headroom.apply_retention() FROM PUBLIC;
GRANT EXECUTE ON PROCEDURE headroom.apply_retention() TO headroom_collector, headroom_operator;
