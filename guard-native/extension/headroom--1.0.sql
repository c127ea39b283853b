\echo Use "CREATE EXTENSION headroom" to load this file. \quit

-- The guard works without these: they only show it. Members of pg_monitor may read; only superusers may switch, until they
-- grant EXECUTE on the function.

CREATE FUNCTION headroom_guard_status(
  OUT is_active boolean,
  OUT mode text,
  OUT switch_mode text,
  OUT control_mode text,
  OUT lease_expires_at timestamptz,
  OUT lease_has_expired boolean,
  OUT limit_bytes bigint,
  OUT policy_id text,
  OUT allocated_bytes bigint,
  OUT others_bytes bigint,
  OUT dsm_bytes bigint,
  OUT blame text,
  OUT denials bigint,
  OUT blocks bigint,
  OUT soft_denials bigint,
  OUT would_blocks bigint,
  OUT fatals bigint,
  OUT panics bigint,
  OUT waivers bigint,
  OUT breaches bigint,
  OUT slots_exhausted bigint,
  OUT regions_uncounted bigint,
  OUT slots_reclaimed bigint,
  OUT events_lost bigint)
RETURNS SETOF record
AS 'MODULE_PATHNAME' LANGUAGE C STRICT VOLATILE PARALLEL RESTRICTED;
COMMENT ON FUNCTION headroom_guard_status() IS 'State of the guard in one row; is_active is false and the rest null when it is not preloaded';

CREATE FUNCTION headroom_guard_limits(
  OUT role text,
  OUT number integer,
  OUT policy_id text,
  OUT limit_bytes bigint)
RETURNS SETOF record
AS 'MODULE_PATHNAME' LANGUAGE C STRICT VOLATILE PARALLEL RESTRICTED;
COMMENT ON FUNCTION headroom_guard_limits() IS 'The limit in force and the shadow limits that are judged beside it';

CREATE FUNCTION headroom_guard_processes(
  OUT pid integer,
  OUT state text,
  OUT kind text,
  OUT backend_type text,
  OUT database_oid oid,
  OUT user_oid oid,
  OUT is_superuser boolean,
  OUT allocated_bytes bigint,
  OUT allocated_peak_bytes bigint,
  OUT charged_bytes bigint,
  OUT dsm_bytes bigint,
  OUT in_statement boolean,
  OUT statement_number bigint,
  OUT query_id bigint,
  OUT statement_started_at timestamptz,
  OUT denials bigint,
  OUT blocks bigint,
  OUT soft_denials bigint,
  OUT would_blocks bigint,
  OUT waivers bigint,
  OUT last_denial_at timestamptz,
  OUT attached_at timestamptz,
  OUT ended_at timestamptz)
RETURNS SETOF record
AS 'MODULE_PATHNAME' LANGUAGE C STRICT VOLATILE PARALLEL RESTRICTED;
COMMENT ON FUNCTION headroom_guard_processes() IS 'One row per process that the guard counts, or counted lately';

CREATE FUNCTION headroom_guard_contexts(
  OUT pid integer,
  OUT noted_at timestamptz,
  OUT statement_number bigint,
  OUT process_allocated_bytes bigint,
  OUT rank integer,
  OUT context text,
  OUT bytes bigint,
  OUT blocks bigint)
RETURNS SETOF record
AS 'MODULE_PATHNAME' LANGUAGE C STRICT VOLATILE PARALLEL RESTRICTED;
COMMENT ON FUNCTION headroom_guard_contexts() IS 'The black box: the largest memory contexts of each process when they were last noted';

CREATE FUNCTION headroom_guard_events(
  OUT event_number bigint,
  OUT occurred_at timestamptz,
  OUT event text,
  OUT pid integer,
  OUT kind text,
  OUT database_oid oid,
  OUT user_oid oid,
  OUT statement_number bigint,
  OUT query_id bigint,
  OUT mode text,
  OUT source text,
  OUT shadow_limit integer,
  OUT policy_id text,
  OUT limit_bytes bigint,
  OUT allocated_bytes bigint,
  OUT process_allocated_bytes bigint,
  OUT requested_bytes bigint,
  OUT denials_in_statement bigint,
  OUT sqlstate text,
  OUT switched_to text)
RETURNS SETOF record
AS 'MODULE_PATHNAME' LANGUAGE C STRICT VOLATILE PARALLEL RESTRICTED;
COMMENT ON FUNCTION headroom_guard_events() IS 'What is left in the ring of events, oldest first';

CREATE FUNCTION headroom_guard_switch(mode text)
RETURNS text
AS 'MODULE_PATHNAME' LANGUAGE C STRICT VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION headroom_guard_switch(text) IS 'The kill switch: sets the most that the guard may do (off, shadow, enforce) in all processes at once, and returns what it was';

CREATE VIEW headroom_guard_status AS SELECT * FROM headroom_guard_status();
COMMENT ON VIEW headroom_guard_status IS 'State of the guard in one row';
COMMENT ON COLUMN headroom_guard_status.is_active IS 'Whether the guard is preloaded and counts';
COMMENT ON COLUMN headroom_guard_status.mode IS 'Mode in effect: off, shadow or enforce';
COMMENT ON COLUMN headroom_guard_status.switch_mode IS 'The most that the kill switch allows';
COMMENT ON COLUMN headroom_guard_status.control_mode IS 'Mode that the collector, or headroom.static_mode, asked for';
COMMENT ON COLUMN headroom_guard_status.lease_expires_at IS 'When the collector''s word ends; null when it has no end';
COMMENT ON COLUMN headroom_guard_status.lease_has_expired IS 'Whether headroom.lease_fallback rules now; null without a lease';
COMMENT ON COLUMN headroom_guard_status.limit_bytes IS 'Limit in force, in bytes; null without one';
COMMENT ON COLUMN headroom_guard_status.policy_id IS 'Policy that set the limit; null when none did';
COMMENT ON COLUMN headroom_guard_status.allocated_bytes IS 'Held by blockable processes and compared with the limit, in bytes; reserves and dynamic shared memory included';
COMMENT ON COLUMN headroom_guard_status.others_bytes IS 'Held by all other processes, in bytes';
COMMENT ON COLUMN headroom_guard_status.dsm_bytes IS 'Dynamic shared memory, part of allocated_bytes, in bytes';
COMMENT ON COLUMN headroom_guard_status.blame IS 'Who is refused: requester or largest';
COMMENT ON COLUMN headroom_guard_status.denials IS 'Allocations answered with NULL, since the server started';
COMMENT ON COLUMN headroom_guard_status.blocks IS 'Statements that ended in an error because of denials';
COMMENT ON COLUMN headroom_guard_status.soft_denials IS 'Statements that went on after denials';
COMMENT ON COLUMN headroom_guard_status.would_blocks IS 'Statements, per limit, that a limit would have blocked in shadow';
COMMENT ON COLUMN headroom_guard_status.fatals IS 'Sessions that ended because of denials';
COMMENT ON COLUMN headroom_guard_status.panics IS 'PANICs after denials; anything but 0 is a defect of the guard';
COMMENT ON COLUMN headroom_guard_status.waivers IS 'Requests beyond the limit that were let through for an error''s path';
COMMENT ON COLUMN headroom_guard_status.breaches IS 'Requests beyond the limit that were let through because nobody could be refused';
COMMENT ON COLUMN headroom_guard_status.slots_exhausted IS 'Processes that found no slot and are not counted';
COMMENT ON COLUMN headroom_guard_status.regions_uncounted IS 'Mappings and dynamic shared memory beyond the guard''s tables';
COMMENT ON COLUMN headroom_guard_status.slots_reclaimed IS 'Slots taken back from processes that were killed';
COMMENT ON COLUMN headroom_guard_status.events_lost IS 'Events that their writer knows to be lost';

CREATE VIEW headroom_guard_limits AS SELECT * FROM headroom_guard_limits();
COMMENT ON VIEW headroom_guard_limits IS 'The limit in force and the shadow limits';
COMMENT ON COLUMN headroom_guard_limits.role IS 'limit: in force; shadow: only judged';
COMMENT ON COLUMN headroom_guard_limits.number IS 'Place of a shadow limit, 0 to 7; 0 for the limit';
COMMENT ON COLUMN headroom_guard_limits.policy_id IS 'Policy that set it; null when none did';
COMMENT ON COLUMN headroom_guard_limits.limit_bytes IS 'The limit in bytes';

CREATE VIEW headroom_guard_processes AS
  SELECT p.pid, p.state, p.kind, p.backend_type, d.datname AS database_name, r.rolname AS user_name, p.is_superuser,
         p.allocated_bytes, p.allocated_peak_bytes, p.charged_bytes, p.dsm_bytes, p.in_statement, p.statement_number,
         p.query_id, p.statement_started_at, p.denials, p.blocks, p.soft_denials, p.would_blocks, p.waivers,
         p.last_denial_at, p.attached_at, p.ended_at
  FROM headroom_guard_processes() p
  LEFT JOIN pg_catalog.pg_database d ON d.oid = p.database_oid
  LEFT JOIN pg_catalog.pg_roles r ON r.oid = p.user_oid;
COMMENT ON VIEW headroom_guard_processes IS 'One row per process that the guard counts, or counted lately';
COMMENT ON COLUMN headroom_guard_processes.pid IS 'Process, in the server''s pid namespace';
COMMENT ON COLUMN headroom_guard_processes.state IS 'live; exited: gave its slot back; died: was killed, and these are its last values';
COMMENT ON COLUMN headroom_guard_processes.kind IS 'What the guard takes it for';
COMMENT ON COLUMN headroom_guard_processes.backend_type IS 'What Postgres calls it';
COMMENT ON COLUMN headroom_guard_processes.database_name IS 'Its database; null before its first statement';
COMMENT ON COLUMN headroom_guard_processes.user_name IS 'Its session''s user; null before its first statement';
COMMENT ON COLUMN headroom_guard_processes.is_superuser IS 'Whether that user is a superuser';
COMMENT ON COLUMN headroom_guard_processes.allocated_bytes IS 'Held now, in bytes, without dynamic shared memory';
COMMENT ON COLUMN headroom_guard_processes.allocated_peak_bytes IS 'The most it ever held, in bytes';
COMMENT ON COLUMN headroom_guard_processes.charged_bytes IS 'Counted against the limit for it, in bytes: what it holds and its reserve';
COMMENT ON COLUMN headroom_guard_processes.dsm_bytes IS 'Dynamic shared memory that it made and that still stands, in bytes';
COMMENT ON COLUMN headroom_guard_processes.in_statement IS 'Whether it runs a statement';
COMMENT ON COLUMN headroom_guard_processes.statement_number IS 'Its statement, or its last one: 1 for the first; null before it';
COMMENT ON COLUMN headroom_guard_processes.query_id IS 'Postgres''s query identifier of that statement; null when not computed';
COMMENT ON COLUMN headroom_guard_processes.statement_started_at IS 'When that statement began';
COMMENT ON COLUMN headroom_guard_processes.denials IS 'Allocations of it answered with NULL';
COMMENT ON COLUMN headroom_guard_processes.blocks IS 'Statements of it that ended in an error because of denials';
COMMENT ON COLUMN headroom_guard_processes.soft_denials IS 'Statements of it that went on after denials';
COMMENT ON COLUMN headroom_guard_processes.would_blocks IS 'Statements of it, per limit, that a limit would have blocked in shadow';
COMMENT ON COLUMN headroom_guard_processes.waivers IS 'Requests of it let through for an error''s path';
COMMENT ON COLUMN headroom_guard_processes.last_denial_at IS 'When it was last denied memory; null if never';
COMMENT ON COLUMN headroom_guard_processes.attached_at IS 'When it began to be counted';
COMMENT ON COLUMN headroom_guard_processes.ended_at IS 'When its end was noticed; null while it lives';

CREATE VIEW headroom_guard_contexts AS SELECT * FROM headroom_guard_contexts();
COMMENT ON VIEW headroom_guard_contexts IS 'The black box: largest memory contexts of each process, noted at each eighth of the limit and at denials';
COMMENT ON COLUMN headroom_guard_contexts.pid IS 'Process';
COMMENT ON COLUMN headroom_guard_contexts.noted_at IS 'When this was noted';
COMMENT ON COLUMN headroom_guard_contexts.statement_number IS 'In which of its statements';
COMMENT ON COLUMN headroom_guard_contexts.process_allocated_bytes IS 'What the process held then, in bytes';
COMMENT ON COLUMN headroom_guard_contexts.rank IS '1 for the largest';
COMMENT ON COLUMN headroom_guard_contexts.context IS 'Name of the memory context';
COMMENT ON COLUMN headroom_guard_contexts.bytes IS 'Bytes in its blocks, without its children';
COMMENT ON COLUMN headroom_guard_contexts.blocks IS 'Number of its blocks';

CREATE VIEW headroom_guard_events AS
  SELECT e.event_number, e.occurred_at, e.event, e.pid, e.kind, d.datname AS database_name, r.rolname AS user_name,
         e.statement_number, e.query_id, e.mode, e.source, e.shadow_limit, e.policy_id, e.limit_bytes, e.allocated_bytes,
         e.process_allocated_bytes, e.requested_bytes, e.denials_in_statement, e.sqlstate, e.switched_to
  FROM headroom_guard_events() e
  LEFT JOIN pg_catalog.pg_database d ON d.oid = e.database_oid
  LEFT JOIN pg_catalog.pg_roles r ON r.oid = e.user_oid;
COMMENT ON VIEW headroom_guard_events IS 'What is left in the ring of events';
COMMENT ON COLUMN headroom_guard_events.event_number IS 'Position since the server started; a missing number was lost';
COMMENT ON COLUMN headroom_guard_events.occurred_at IS 'When';
COMMENT ON COLUMN headroom_guard_events.event IS 'denial, would_block, block, soft_denial, fatal, panic, lease_expired, lease_renewed or switched';
COMMENT ON COLUMN headroom_guard_events.pid IS 'Process';
COMMENT ON COLUMN headroom_guard_events.kind IS 'What the guard takes the process for';
COMMENT ON COLUMN headroom_guard_events.database_name IS 'Its database';
COMMENT ON COLUMN headroom_guard_events.user_name IS 'Its session''s user';
COMMENT ON COLUMN headroom_guard_events.statement_number IS 'Its statement; null outside of one';
COMMENT ON COLUMN headroom_guard_events.query_id IS 'Postgres''s query identifier; null when not computed';
COMMENT ON COLUMN headroom_guard_events.mode IS 'Mode in effect';
COMMENT ON COLUMN headroom_guard_events.source IS 'What was asked for: malloc, mmap or dsm';
COMMENT ON COLUMN headroom_guard_events.shadow_limit IS 'Number of the shadow limit that judged; null for the limit in force';
COMMENT ON COLUMN headroom_guard_events.policy_id IS 'Policy whose limit judged; null when none set it';
COMMENT ON COLUMN headroom_guard_events.limit_bytes IS 'That limit, in bytes';
COMMENT ON COLUMN headroom_guard_events.allocated_bytes IS 'What was held against the limit at that moment, in bytes';
COMMENT ON COLUMN headroom_guard_events.process_allocated_bytes IS 'What the process held, in bytes';
COMMENT ON COLUMN headroom_guard_events.requested_bytes IS 'What it asked for, in bytes';
COMMENT ON COLUMN headroom_guard_events.denials_in_statement IS 'Denials of that statement so far';
COMMENT ON COLUMN headroom_guard_events.sqlstate IS 'SQLSTATE of the error that followed';
COMMENT ON COLUMN headroom_guard_events.switched_to IS 'The kill switch''s new mode';

REVOKE ALL ON FUNCTION headroom_guard_status(), headroom_guard_limits(), headroom_guard_processes(),
  headroom_guard_contexts(), headroom_guard_events(), headroom_guard_switch(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION headroom_guard_status(), headroom_guard_limits(), headroom_guard_processes(),
  headroom_guard_contexts(), headroom_guard_events() TO pg_monitor;
GRANT SELECT ON headroom_guard_status, headroom_guard_limits, headroom_guard_processes, headroom_guard_contexts,
  headroom_guard_events TO pg_monitor;
