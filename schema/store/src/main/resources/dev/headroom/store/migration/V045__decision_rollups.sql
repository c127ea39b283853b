-- Decisions by minute and by hour, so that a policy's limits can be drawn over a year. Kept up to date as the rollups of
-- memory_sample are: stored when two hours old, computed when read before that, and again where a decision came late.
CREATE TABLE headroom.decision_rollup (
  view_name text PRIMARY KEY,
  bucket_width interval NOT NULL,
  refreshed_to timestamptz NOT NULL DEFAULT '-infinity'
);
COMMENT ON TABLE headroom.decision_rollup IS 'The rollups of decision; not used by the edition timescale, which keeps account itself';
COMMENT ON COLUMN headroom.decision_rollup.view_name IS 'The view that people read; its rows are in the table of this name with _rollup behind it';
COMMENT ON COLUMN headroom.decision_rollup.bucket_width IS 'How much time one row covers';
COMMENT ON COLUMN headroom.decision_rollup.refreshed_to IS 'Buckets before this are stored, later ones are computed when read';

INSERT INTO headroom.decision_rollup (view_name, bucket_width) VALUES
  ('decision_1m', '1 minute'),
  ('decision_1h', '1 hour');

CREATE TABLE headroom.decision_rollup_late (
  hour_at timestamptz NOT NULL,
  instance_id uuid NOT NULL,
  PRIMARY KEY (hour_at, instance_id)
);
COMMENT ON TABLE headroom.decision_rollup_late IS 'Hours into which decisions came after their buckets may have been stored; the next refresh computes them again';
COMMENT ON COLUMN headroom.decision_rollup_late.hour_at IS 'The start of the hour';
COMMENT ON COLUMN headroom.decision_rollup_late.instance_id IS 'For whom they were decided';

CREATE FUNCTION headroom.note_late_decision() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  -- An update even where nothing changes: its lock makes a refresh wait until this decision can be seen.
  INSERT INTO headroom.decision_rollup_late (hour_at, instance_id)
  VALUES (date_bin('1 hour', NEW.decided_at, '2000-01-01 00:00+00'), NEW.instance_id)
  ON CONFLICT (hour_at, instance_id) DO UPDATE SET instance_id = excluded.instance_id;
  RETURN NULL;
END
$$;
COMMENT ON FUNCTION headroom.note_late_decision() IS 'Trigger: remembers the hour of a decision that came late';

CREATE FUNCTION headroom.decision_bucket_expression(bucket_width interval) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp
RETURN format('date_bin(%L::interval, decided_at, ''2000-01-01 00:00+00''::timestamptz)', bucket_width);
COMMENT ON FUNCTION headroom.decision_bucket_expression(interval) IS 'The start of a decision''s bucket, as SQL that needs no extension';

CREATE FUNCTION headroom.decision_rollup_query(bucket_expression text, source text) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp
RETURN format(
  'SELECT %s AS bucket_at, instance_id, policy_id, count(*) AS decision_count, count(*) - count(limit_bytes) AS no_decision_count, '
  'min(limit_bytes) AS limit_bytes_min, max(limit_bytes) AS limit_bytes_max, '
  '(array_agg(limit_bytes ORDER BY decided_at DESC) FILTER (WHERE limit_bytes IS NOT NULL))[1] AS limit_bytes_last, '
  '(array_agg(mode ORDER BY decided_at DESC))[1] AS mode_last, bool_or(applied) AS applied_any '
  'FROM %s GROUP BY 1, 2, 3',
  bucket_expression, source);
COMMENT ON FUNCTION headroom.decision_rollup_query(text, text) IS
  'The query that rolls decision up: an expression for the bucket and what to read from';

-- A function, so that a test can look at the statements of an edition that is not the one at hand.
CREATE FUNCTION headroom.decision_edition_statements(edition text) RETURNS SETOF text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  rollup record;
BEGIN
  FOR rollup IN SELECT view_name, bucket_width FROM headroom.decision_rollup ORDER BY bucket_width LOOP
    IF edition = 'timescale' THEN
      RETURN NEXT format(
        'CREATE MATERIALIZED VIEW headroom.%I WITH (timescaledb.continuous, timescaledb.materialized_only = false) AS %s WITH NO DATA',
        rollup.view_name,
        headroom.decision_rollup_query(format('public.time_bucket(%L::interval, decided_at)', rollup.bucket_width), 'headroom.decision'));
      -- The window ends before retention begins: a refresh after it would empty the buckets of what is gone.
      RETURN NEXT format(
        'SELECT public.add_continuous_aggregate_policy(%L::regclass, start_offset => interval ''80 days'', '
        'end_offset => interval ''2 hours'', schedule_interval => interval ''10 minutes'')',
        'headroom.' || rollup.view_name);
    ELSE
      RETURN NEXT format(
        'CREATE TABLE headroom.%I AS %s WITH NO DATA',
        rollup.view_name || '_rollup',
        headroom.decision_rollup_query(headroom.decision_bucket_expression(rollup.bucket_width), 'headroom.decision'));
      RETURN NEXT format('ALTER TABLE headroom.%I ADD PRIMARY KEY (instance_id, bucket_at, policy_id)', rollup.view_name || '_rollup');
      RETURN NEXT format(
        'CREATE VIEW headroom.%I AS SELECT * FROM headroom.%I UNION ALL %s',
        rollup.view_name,
        rollup.view_name || '_rollup',
        headroom.decision_rollup_query(
          headroom.decision_bucket_expression(rollup.bucket_width),
          format('headroom.decision WHERE decided_at >= (SELECT refreshed_to FROM headroom.decision_rollup WHERE view_name = %L)',
                 rollup.view_name)));
    END IF;
  END LOOP;

  IF edition = 'timescale' THEN
    RETURN NEXT 'SELECT public.add_retention_policy(''headroom.decision_1m''::regclass, drop_after => interval ''1 year'')';
  ELSE
    RETURN NEXT 'CREATE TRIGGER decision_came_late AFTER INSERT ON headroom.decision FOR EACH ROW '
      'WHEN (NEW.decided_at < now() - interval ''1 hour'') EXECUTE FUNCTION headroom.note_late_decision()';
    RETURN NEXT 'INSERT INTO headroom.retention (table_name, time_column, keep) VALUES '
      '(''decision_1m_rollup'', ''bucket_at'', interval ''1 year''), (''decision_1h_rollup'', ''bucket_at'', NULL)';
  END IF;
END
$$;
REVOKE ALL ON FUNCTION headroom.decision_edition_statements(text) FROM PUBLIC;
COMMENT ON FUNCTION headroom.decision_edition_statements(text) IS
  'What one edition needs for the rollups of decision, as SQL statements in their order';

DO $$
DECLARE
  statement text;
  target record;
BEGIN
  FOR statement IN SELECT * FROM headroom.decision_edition_statements(headroom.edition()) LOOP
    EXECUTE statement;
  END LOOP;

  FOR target IN
    SELECT c.relname, c.relkind
    FROM pg_class c
    WHERE c.relnamespace = 'headroom'::regnamespace AND c.relname ~ '^decision_1[mh](_rollup)?$' AND c.relkind IN ('r', 'v')
  LOOP
    EXECUTE format('COMMENT ON %s headroom.%I IS %L',
      CASE target.relkind WHEN 'r' THEN 'TABLE' ELSE 'VIEW' END,
      target.relname,
      'decision by ' || CASE WHEN target.relname ~ '_1m' THEN 'minute' ELSE 'hour' END || ' and policy'
        || CASE target.relkind WHEN 'r' THEN ': what refresh_rollups() stored; read the view' ELSE ': smallest, largest and last limit' END);
    FOR statement IN
      SELECT format('COMMENT ON COLUMN headroom.%I.%I IS %L', target.relname, name, comment)
      FROM (VALUES
        ('bucket_at', 'Start of the bucket'),
        ('instance_id', 'For whom'),
        ('policy_id', 'By which policy'),
        ('decision_count', 'How many evaluations the bucket holds'),
        ('no_decision_count', 'How many of them gave no limit'),
        ('limit_bytes_min', 'Smallest limit decided in the bucket, in bytes; null when none was'),
        ('limit_bytes_max', 'Largest limit decided in the bucket, in bytes; null when none was'),
        ('limit_bytes_last', 'The last limit decided in the bucket, in bytes; null when none was'),
        ('mode_last', 'What the guard was to do at the last evaluation of the bucket'),
        ('applied_any', 'Whether a limit of the bucket was written to the guard')) AS described (name, comment)
    LOOP
      EXECUTE statement;
    END LOOP;
  END LOOP;
END
$$;
