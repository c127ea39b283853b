-- Rollups keep the smallest, the largest and the last value of each fact, never only an average: an average hides
-- the spike that kills. The columns follow from memory_sample's, so both editions have the same ones.
CREATE FUNCTION headroom.rollup_query(bucket_expression text, source text) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT format('SELECT %s AS bucket_at, instance_id, count(*) AS sample_count, %s FROM %s GROUP BY 1, 2',
                bucket_expression,
                string_agg(
                  CASE WHEN atttypid = 'boolean'::regtype THEN '' ELSE
                    format('min(%1$I) AS %2$I, max(%1$I) AS %3$I, ', attname, attname || '_min', attname || '_max')
                  END
                  || format('(array_agg(%1$I ORDER BY sampled_at DESC))[1] AS %2$I', attname, attname || '_last'),
                  ', ' ORDER BY attnum),
                source)
  FROM pg_attribute
  WHERE attrelid = 'headroom.memory_sample'::regclass AND attnum > 0 AND NOT attisdropped
    AND attname NOT IN ('sampled_at', 'instance_id')
$$;
REVOKE ALL ON FUNCTION headroom.rollup_query(text, text) FROM PUBLIC;
COMMENT ON FUNCTION headroom.rollup_query(text, text) IS
  'The query that rolls memory_sample up: an expression for the bucket and what to read from';

CREATE FUNCTION headroom.bucket_expression(bucket_width interval) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp
RETURN format('date_bin(%L::interval, sampled_at, ''2000-01-01 00:00+00''::timestamptz)', bucket_width);
COMMENT ON FUNCTION headroom.bucket_expression(interval) IS 'The start of a sample''s bucket, as SQL that needs no extension';

-- A function, so that a test can look at the statements of an edition that is not the one at hand.
CREATE FUNCTION headroom.edition_statements(edition text) RETURNS SETOF text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  rollup record;
BEGIN
  FOR rollup IN SELECT view_name, bucket_width FROM headroom.rollup ORDER BY bucket_width LOOP
    IF edition = 'timescale' THEN
      RETURN NEXT format(
        'CREATE MATERIALIZED VIEW headroom.%I WITH (timescaledb.continuous, timescaledb.materialized_only = false) AS %s WITH NO DATA',
        rollup.view_name,
        headroom.rollup_query(format('public.time_bucket(%L::interval, sampled_at)', rollup.bucket_width), 'headroom.memory_sample'));
      -- The window ends before retention begins: a refresh after it would empty the buckets of what is gone.
      RETURN NEXT format(
        'SELECT public.add_continuous_aggregate_policy(%L::regclass, start_offset => interval ''80 days'', '
        'end_offset => interval ''2 hours'', schedule_interval => interval ''10 minutes'')',
        'headroom.' || rollup.view_name);
    ELSE
      RETURN NEXT format(
        'CREATE TABLE headroom.%I AS %s WITH NO DATA',
        rollup.view_name || '_rollup',
        headroom.rollup_query(headroom.bucket_expression(rollup.bucket_width), 'headroom.memory_sample'));
      RETURN NEXT format('ALTER TABLE headroom.%I ADD PRIMARY KEY (instance_id, bucket_at)', rollup.view_name || '_rollup');
      RETURN NEXT format(
        'CREATE VIEW headroom.%I AS SELECT * FROM headroom.%I UNION ALL %s',
        rollup.view_name,
        rollup.view_name || '_rollup',
        headroom.rollup_query(
          headroom.bucket_expression(rollup.bucket_width),
          format('headroom.memory_sample WHERE sampled_at >= (SELECT refreshed_to FROM headroom.rollup WHERE view_name = %L)',
                 rollup.view_name)));
    END IF;
  END LOOP;

  IF edition = 'timescale' THEN
    RETURN QUERY
      SELECT statement
      FROM (VALUES ('memory_sample', 'sampled_at'), ('process_sample', 'sampled_at, pid'), ('decision', 'decided_at, policy_id'))
             AS compressed (table_name, row_order),
           LATERAL (VALUES
             (format('ALTER TABLE headroom.%I SET (timescaledb.enable_columnstore, timescaledb.segmentby = ''instance_id'', '
                     'timescaledb.orderby = %L)', table_name, row_order)),
             (format('CALL public.add_columnstore_policy(%L::regclass, after => interval ''7 days'')', 'headroom.' || table_name))
           ) AS statements (statement);
    RETURN NEXT 'SELECT public.add_retention_policy(''headroom.memory_sample_1m''::regclass, drop_after => interval ''1 year'')';
    -- Raw rows go by our own rule, because a policy of the extension knows no recordings.
    RETURN NEXT 'SELECT public.add_job(''headroom.retention_job''::regproc, schedule_interval => interval ''1 day'')';
  ELSE
    RETURN NEXT 'CREATE TRIGGER memory_sample_came_late AFTER INSERT ON headroom.memory_sample FOR EACH ROW '
      'WHEN (NEW.sampled_at < now() - interval ''1 hour'') EXECUTE FUNCTION headroom.note_late_sample()';
    RETURN NEXT 'INSERT INTO headroom.retention (table_name, time_column, keep) VALUES '
      '(''memory_sample_1m_rollup'', ''bucket_at'', interval ''1 year''), (''memory_sample_1h_rollup'', ''bucket_at'', NULL)';
  END IF;
END
$$;
REVOKE ALL ON FUNCTION headroom.edition_statements(text) FROM PUBLIC;
COMMENT ON FUNCTION headroom.edition_statements(text) IS
  'What one edition needs for rollups, compression and retention, as SQL statements in their order';

-- The job that an edition with a scheduler runs; the rule itself is in R__upkeep.sql.
CREATE PROCEDURE headroom.retention_job(job_id integer, config jsonb) LANGUAGE plpgsql AS $$
BEGIN
  CALL headroom.apply_retention();
END
$$;
REVOKE ALL ON PROCEDURE headroom.retention_job(integer, jsonb) FROM PUBLIC;
COMMENT ON PROCEDURE headroom.retention_job(integer, jsonb) IS 'apply_retention() as TimescaleDB''s scheduler calls it';

DO $$
DECLARE
  statement text;
  target record;
BEGIN
  FOR statement IN SELECT * FROM headroom.edition_statements(headroom.edition()) LOOP
    EXECUTE statement;
  END LOOP;

  FOR target IN
    SELECT c.oid, c.relname, c.relkind
    FROM pg_class c
    WHERE c.relnamespace = 'headroom'::regnamespace AND c.relname ~ '^memory_sample_1[mh](_rollup)?$' AND c.relkind IN ('r', 'v')
  LOOP
    EXECUTE format('COMMENT ON %s headroom.%I IS %L',
      CASE target.relkind WHEN 'r' THEN 'TABLE' ELSE 'VIEW' END,
      target.relname,
      'memory_sample by ' || CASE WHEN target.relname ~ '_1m' THEN 'minute' ELSE 'hour' END
        || CASE target.relkind WHEN 'r' THEN ': what refresh_rollups() stored; read the view' ELSE ': smallest, largest and last value of each fact' END);
    EXECUTE format('COMMENT ON COLUMN headroom.%I.bucket_at IS %L', target.relname, 'Start of the bucket');
    EXECUTE format('COMMENT ON COLUMN headroom.%I.instance_id IS %L', target.relname, 'Whose samples');
    EXECUTE format('COMMENT ON COLUMN headroom.%I.sample_count IS %L', target.relname, 'How many samples the bucket holds');
    FOR statement IN
      SELECT format('COMMENT ON COLUMN headroom.%I.%I IS %L', target.relname, rolled.attname,
               CASE substring(rolled.attname FROM '_(min|max|last)$')
                 WHEN 'min' THEN 'Smallest in the bucket: '
                 WHEN 'max' THEN 'Largest in the bucket: '
                 ELSE 'At the last sample of the bucket: '
               END || col_description(raw.attrelid, raw.attnum))
      FROM pg_attribute rolled
      JOIN pg_attribute raw ON raw.attrelid = 'headroom.memory_sample'::regclass
        AND raw.attname = regexp_replace(rolled.attname, '_(min|max|last)$', '')
      WHERE rolled.attrelid = target.oid AND rolled.attnum > 0 AND rolled.attname ~ '_(min|max|last)$'
    LOOP
      EXECUTE statement;
    END LOOP;
  END LOOP;
END
$$;
