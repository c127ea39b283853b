-- The state machine once more, in the database: whoever may write a rollout may not write it into any state.
CREATE FUNCTION headroom.refuse_illegal_transition() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  ended constant headroom.rollout_stage[] := '{rolled_back,retired}';
BEGIN
  IF TG_OP = 'DELETE' OR TG_OP = 'TRUNCATE' THEN
    RAISE EXCEPTION 'a rollout is never deleted' USING ERRCODE = 'integrity_constraint_violation', HINT = 'Retire it instead.';
  END IF;

  IF TG_OP = 'INSERT' THEN
    IF NEW.stage <> 'off' OR NEW.revision <> 0 OR NEW.paused THEN
      RAISE EXCEPTION 'a rollout starts at stage off with revision 0, not paused'
        USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
  END IF;

  IF (NEW.rollout_id, NEW.rollout_name, NEW.policy_id, NEW.instance_labels, NEW.created_at, NEW.gates)
     IS DISTINCT FROM (OLD.rollout_id, OLD.rollout_name, OLD.policy_id, OLD.instance_labels, OLD.created_at, OLD.gates) THEN
    RAISE EXCEPTION 'a rollout keeps its policy, its instances and its gates for ever'
      USING ERRCODE = 'integrity_constraint_violation', HINT = 'Make a new rollout instead.';
  END IF;
  IF NEW.revision <> OLD.revision + 1 THEN
    RAISE EXCEPTION 'rollout "%" is at revision %: the next is %, not %',
      OLD.rollout_name, OLD.revision, OLD.revision + 1, NEW.revision USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  IF OLD.stage = ANY (ended) THEN
    RAISE EXCEPTION 'rollout "%" has ended: it is %', OLD.rollout_name, OLD.stage
      USING ERRCODE = 'integrity_constraint_violation', HINT = 'Make a new rollout instead.';
  END IF;

  IF NEW.stage = OLD.stage AND NEW.canary_percent IS NOT DISTINCT FROM OLD.canary_percent THEN
    IF NEW.paused = OLD.paused THEN
      RAISE EXCEPTION 'a change of rollout "%" that changes nothing', OLD.rollout_name
        USING ERRCODE = 'integrity_constraint_violation';
    END IF;
  ELSIF NEW.stage = ANY (ended) THEN
    NULL; -- from anywhere, also while paused
  ELSIF OLD.paused OR NEW.paused THEN
    RAISE EXCEPTION 'rollout "%" is paused and goes no further', OLD.rollout_name
      USING ERRCODE = 'integrity_constraint_violation', HINT = 'Resume it first.';
  ELSIF NOT coalesce(
      (OLD.stage = 'off' AND NEW.stage = 'shadow')
      OR (OLD.stage = 'shadow' AND NEW.stage IN ('canary', 'enforce'))
      OR (OLD.stage = 'canary' AND NEW.stage = 'canary' AND NEW.canary_percent > OLD.canary_percent)
      OR (OLD.stage = 'canary' AND NEW.stage = 'enforce'), false) THEN
    RAISE EXCEPTION 'rollout "%" does not go from % to %',
      OLD.rollout_name, concat_ws(' ', OLD.stage, OLD.canary_percent), concat_ws(' ', NEW.stage, NEW.canary_percent)
      USING ERRCODE = 'integrity_constraint_violation',
            HINT = 'Upwards: off, shadow, canary with a growing percentage, enforce; down: rolled_back or retired.';
  END IF;
  RETURN NEW;
END
$$;
COMMENT ON FUNCTION headroom.refuse_illegal_transition() IS
  'Trigger: lets a rollout go upwards step by step, or to its end, and change nothing but its state';

CREATE TRIGGER rollout_moves_legally BEFORE INSERT OR UPDATE OR DELETE ON headroom.rollout
  FOR EACH ROW EXECUTE FUNCTION headroom.refuse_illegal_transition();
CREATE TRIGGER rollout_is_never_emptied BEFORE TRUNCATE ON headroom.rollout
  FOR EACH STATEMENT EXECUTE FUNCTION headroom.refuse_illegal_transition();

-- At commit every change has its audit row and every audit row its change.
CREATE FUNCTION headroom.require_audit() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF TG_TABLE_NAME = 'rollout_event' THEN
    IF NOT EXISTS (
        SELECT FROM headroom.rollout WHERE rollout_id = NEW.rollout_id
        AND (revision > NEW.revision
             OR (revision = NEW.revision AND stage = NEW.to_stage AND canary_percent IS NOT DISTINCT FROM NEW.to_percent)))
    THEN
      RAISE EXCEPTION 'an audit row without the change it tells of' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
  END IF;

  IF NOT EXISTS (
      SELECT FROM headroom.rollout_event
      WHERE rollout_id = NEW.rollout_id AND revision = NEW.revision
        AND to_stage = NEW.stage AND to_percent IS NOT DISTINCT FROM NEW.canary_percent
        AND CASE
              WHEN TG_OP = 'INSERT' THEN event_kind = 'transition' AND from_stage IS NULL
              ELSE from_stage = OLD.stage AND from_percent IS NOT DISTINCT FROM OLD.canary_percent
                AND event_kind = CASE
                  WHEN NEW.stage <> OLD.stage OR NEW.canary_percent IS DISTINCT FROM OLD.canary_percent THEN 'transition'
                  WHEN NEW.paused THEN 'pause' ELSE 'resume' END
            END)
  THEN
    RAISE EXCEPTION 'rollout "%" changed to revision % without an audit row that says so', NEW.rollout_name, NEW.revision
      USING ERRCODE = 'integrity_constraint_violation',
            HINT = 'Add the row of this revision to headroom.rollout_event in the same transaction.';
  END IF;
  RETURN NULL;
END
$$;
COMMENT ON FUNCTION headroom.require_audit() IS
  'Trigger at commit: a change of a rollout has an audit row of the same revision, and the other way round';

CREATE CONSTRAINT TRIGGER rollout_change_is_audited AFTER INSERT OR UPDATE ON headroom.rollout
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION headroom.require_audit();
CREATE CONSTRAINT TRIGGER audit_tells_of_a_change AFTER INSERT ON headroom.rollout_event
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION headroom.require_audit();
