ALTER TABLE headroom.oom_kill
  ADD COLUMN victim_statement_number bigint,
  ADD COLUMN victim_memory_contexts jsonb;

COMMENT ON COLUMN headroom.oom_kill.victim_statement_number IS
  'The statement that the guard saw the victim in, counted per process; null without a guard, and of an idle victim';
COMMENT ON COLUMN headroom.oom_kill.victim_memory_contexts IS
  'The victim''s largest memory contexts when the guard last looked, largest first: [{"name", "bytes", "blocks"}]; null when it never did';
