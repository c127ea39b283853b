-- Three roles that cannot log in; people and programs are made members of them.
-- Roles belong to the server, not to the database: another database may have made them already.
DO $$
DECLARE
  role_name text;
BEGIN
  FOREACH role_name IN ARRAY ARRAY['headroom_collector', 'headroom_reader', 'headroom_operator'] LOOP
    CONTINUE WHEN EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = role_name);
    BEGIN
      EXECUTE format('CREATE ROLE %I NOLOGIN', role_name);
      EXECUTE format(
        'COMMENT ON ROLE %I IS %L',
        role_name,
        CASE role_name
          WHEN 'headroom_collector' THEN 'Headroom: adds observations; reads, changes and deletes none'
          WHEN 'headroom_reader' THEN 'Headroom: reads everything except tokens; changes nothing'
          WHEN 'headroom_operator' THEN 'Headroom: reads everything, keeps policies, rollouts, recordings, runs and tokens'
        END);
    EXCEPTION
      WHEN duplicate_object OR unique_violation THEN
        NULL; -- made by somebody else in this very moment
      WHEN insufficient_privilege THEN
        RAISE EXCEPTION 'user "%" may not create the role "%"', current_user, role_name
          USING ERRCODE = 'insufficient_privilege',
                HINT = 'As a superuser run: CREATE ROLE headroom_collector NOLOGIN; CREATE ROLE headroom_reader NOLOGIN; '
                       'CREATE ROLE headroom_operator NOLOGIN; then run: headroom db migrate';
    END;
  END LOOP;
END
$$;

COMMENT ON SCHEMA headroom IS 'What Headroom observed, decided and replayed';
GRANT USAGE ON SCHEMA headroom TO headroom_collector, headroom_reader, headroom_operator;
