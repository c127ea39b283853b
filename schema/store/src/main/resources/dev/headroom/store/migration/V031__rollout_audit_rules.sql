-- An audit row says what it moved, and what opened the way. NOT VALID: rows that are older than the rules stay as they are.
ALTER TABLE headroom.rollout_event
  ADD COLUMN database_user text NOT NULL DEFAULT session_user,
  ADD CONSTRAINT one_row_per_revision UNIQUE (rollout_id, revision),
  ADD CONSTRAINT run_is_stored FOREIGN KEY (run_id) REFERENCES headroom.backtest_run NOT VALID,
  ADD CONSTRAINT kind_is_known CHECK (event_kind IN ('transition', 'pause', 'resume')) NOT VALID,
  ADD CONSTRAINT revision_is_named CHECK (revision IS NOT NULL) NOT VALID,
  ADD CONSTRAINT actor_and_reason_are_words CHECK (actor ~ '\S' AND reason ~ '\S' AND approver ~ '\S') NOT VALID,
  ADD CONSTRAINT pause_stays_in_its_stage CHECK (
    event_kind = 'transition'
    OR (from_stage = to_stage AND from_percent IS NOT DISTINCT FROM to_percent)) NOT VALID,
  ADD CONSTRAINT live_needs_evidence_or_approver CHECK (
    event_kind <> 'transition'
    OR to_stage NOT IN ('canary', 'enforce')
    OR approver IS NOT NULL
    OR (run_id IS NOT NULL AND evidence <> '{}')) NOT VALID,
  ADD CONSTRAINT only_an_approver_leaves_out_canary CHECK (
    from_stage <> 'shadow' OR to_stage <> 'enforce' OR approver IS NOT NULL) NOT VALID;

COMMENT ON COLUMN headroom.rollout_event.database_user IS 'The database user who wrote the row; actor is who that program says it was';

ALTER TABLE headroom.guard_stop
  ADD COLUMN database_user text NOT NULL DEFAULT session_user,
  ADD CONSTRAINT actor_and_reason_are_words CHECK (actor ~ '\S' AND reason ~ '\S') NOT VALID;

COMMENT ON COLUMN headroom.guard_stop.database_user IS 'The database user who wrote the row; actor is who that program says it was';
