-- A hypertable's key must hold its time, but a kill is the same kill also when a later delivery maps the
-- kernel's time to another microsecond of the wall clock. Kills are rare, so looking first costs nothing.
CREATE FUNCTION headroom.skip_known_kill() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended('headroom.oom_kill ' || NEW.kill_id, 0));
  IF EXISTS (SELECT FROM headroom.oom_kill WHERE kill_id = NEW.kill_id) THEN
    RETURN NULL;
  END IF;
  RETURN NEW;
END
$$;
COMMENT ON FUNCTION headroom.skip_known_kill() IS
  'Trigger: stores a kill once, whatever wall clock time a second delivery gives it';

CREATE TRIGGER oom_kill_is_stored_once BEFORE INSERT ON headroom.oom_kill
  FOR EACH ROW EXECUTE FUNCTION headroom.skip_known_kill();
