-- The closed lists of the model, label by label. Labels are for ever: add, never rename.
CREATE TYPE headroom.cgroup_version AS ENUM ('v1', 'v2');
COMMENT ON TYPE headroom.cgroup_version IS 'The cgroup interface that limits an instance''s memory';

CREATE TYPE headroom.backend_kind AS ENUM (
  'client backend', 'parallel worker', 'autovacuum launcher', 'autovacuum worker', 'background worker',
  'background writer', 'checkpointer', 'startup', 'walsender', 'walreceiver', 'walwriter', 'walsummarizer',
  'archiver', 'logger', 'slotsync worker', 'logical replication launcher', 'logical replication worker',
  'io worker', 'standalone backend', 'postmaster', 'not postgres', 'unknown');
COMMENT ON TYPE headroom.backend_kind IS
  'What a process of an instance is for, in Postgres''s own words; parallel worker, postmaster, not postgres and unknown are ours';

CREATE TYPE headroom.guard_mode AS ENUM ('off', 'shadow', 'enforce');
COMMENT ON TYPE headroom.guard_mode IS 'What the guard of an instance does: nothing, count, or refuse';

CREATE TYPE headroom.instance_event_kind AS ENUM ('start', 'ready', 'stop', 'crash', 'reload');
COMMENT ON TYPE headroom.instance_event_kind IS 'A turn in an instance''s life';

CREATE TYPE headroom.guard_event_kind AS ENUM ('denial', 'block', 'would_block');
COMMENT ON TYPE headroom.guard_event_kind IS
  'denial: one allocation refused; block: a statement ended in an error because of denials; would_block: the same in shadow';

CREATE TYPE headroom.collector_event_kind AS ENUM (
  'start', 'stop', 'capture_opened', 'gap', 'drop', 'counter_mismatch', 'phantom', 'lag', 'cost', 'failure');
COMMENT ON TYPE headroom.collector_event_kind IS 'What a collector can say about itself';

CREATE TYPE headroom.verdict AS ENUM (
  'undecided_gap', 'undecided_censored', 'prevented', 'undecided_thin', 'unpreventable', 'missed', 'secondary');
COMMENT ON TYPE headroom.verdict IS 'What a policy would have done about one OOM kill';

CREATE TYPE headroom.rollout_stage AS ENUM ('off', 'shadow', 'canary', 'enforce');
COMMENT ON TYPE headroom.rollout_stage IS 'How far a policy has been promoted on a set of instances';
