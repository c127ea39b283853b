-- Which TimescaleDB this database has is decided here, once, and never asked again:
-- 'timescale' and 'apache' are the extension's editions, 'plain' is Postgres without it.
DO $$
DECLARE
  edition text := 'plain';
BEGIN
  IF current_setting('shared_preload_libraries') ~ 'timescaledb'
     AND EXISTS (SELECT FROM pg_catalog.pg_available_extensions WHERE name = 'timescaledb') THEN
    BEGIN
      CREATE EXTENSION IF NOT EXISTS timescaledb WITH SCHEMA public;
    EXCEPTION
      WHEN insufficient_privilege THEN
        RAISE EXCEPTION 'user "%" may not create the extension timescaledb', current_user
          USING ERRCODE = 'insufficient_privilege',
                HINT = format('As a superuser run in database "%s": CREATE EXTENSION timescaledb; then run: headroom db migrate',
                              current_database());
    END;
    edition := current_setting('timescaledb.license');
    IF edition NOT IN ('timescale', 'apache') THEN
      RAISE EXCEPTION 'timescaledb.license is "%"; Headroom knows "timescale" and "apache"', edition;
    END IF;
  END IF;

  EXECUTE format('CREATE FUNCTION headroom.edition() RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN %L::text', edition);
END
$$;

COMMENT ON FUNCTION headroom.edition() IS
  'The TimescaleDB edition this schema was made for: timescale, apache, or plain (Postgres without TimescaleDB)';

CREATE FUNCTION headroom.make_hypertable(table_name text, time_column text, chunk_interval interval)
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF headroom.edition() <> 'plain' THEN
    EXECUTE format(
      'SELECT create_hypertable(%L::regclass, by_range(%L, %L::interval), create_default_indexes => false)',
      'headroom.' || quote_ident(table_name), time_column, chunk_interval);
  END IF;
END
$$;

REVOKE ALL ON FUNCTION headroom.make_hypertable(text, text, interval) FROM PUBLIC;
COMMENT ON FUNCTION headroom.make_hypertable(text, text, interval) IS
  'Makes an empty table of this schema a hypertable with chunks of this length; does nothing where TimescaleDB is missing';
