ALTER TYPE headroom.guard_event_kind ADD VALUE 'soft_denial';
ALTER TYPE headroom.guard_event_kind ADD VALUE 'fatal';
ALTER TYPE headroom.guard_event_kind ADD VALUE 'panic';
ALTER TYPE headroom.guard_event_kind ADD VALUE 'lease_expired';
ALTER TYPE headroom.guard_event_kind ADD VALUE 'lease_renewed';
ALTER TYPE headroom.guard_event_kind ADD VALUE 'switched';
COMMENT ON TYPE headroom.guard_event_kind IS
  'denial: one allocation refused; block, soft_denial, fatal, panic: how its statement ended (in an error, well, with its session, with the server); would_block: a block in shadow; lease_expired, lease_renewed: whether a limit holds; switched: SQL changed what the guard may do';

ALTER TABLE headroom.guard_event
  ADD COLUMN mode headroom.guard_mode,
  ADD COLUMN statement_denials bigint,
  ADD COLUMN sql_state text;

COMMENT ON COLUMN headroom.guard_event.mode IS 'What the guard did at that moment; for switched what it does from then on; null when unknown';
COMMENT ON COLUMN headroom.guard_event.statement_denials IS 'How many denials the statement had had so far, this one included; null when unknown';
COMMENT ON COLUMN headroom.guard_event.sql_state IS 'Of the error that a block, fatal or panic was; null for the other kinds';
