CREATE TABLE headroom.oom_kill (
  killed_at timestamptz NOT NULL,
  kill_id uuid NOT NULL,
  incident_id uuid NOT NULL,
  node_name text NOT NULL,
  instance_id uuid,
  boottime_ns bigint NOT NULL,
  capture_source text NOT NULL,
  victim_host_pid integer NOT NULL,
  victim_namespace_pid integer,
  victim_comm text NOT NULL,
  victim_title text,
  victim_backend_kind headroom.backend_kind NOT NULL,
  victim_database_name text,
  victim_user_name text,
  victim_query_id bigint,
  victim_query_fingerprint bigint,
  victim_query_text text,
  invoker_host_pid integer,
  invoker_namespace_pid integer,
  invoker_comm text,
  invoker_title text,
  invoker_backend_kind headroom.backend_kind,
  invoker_database_name text,
  invoker_user_name text,
  invoker_query_id bigint,
  invoker_query_fingerprint bigint,
  invoker_query_text text,
  oom_constraint text,
  limit_cgroup_path text,
  victim_cgroup_path text,
  memory_max_bytes bigint,
  memory_max_unlimited boolean,
  memory_usage_bytes bigint,
  total_vm_bytes bigint,
  anon_bytes bigint,
  file_bytes bigint,
  shmem_bytes bigint,
  page_tables_bytes bigint,
  oom_score_adj integer,
  guard_victim_bytes bigint,
  guard_instance_bytes bigint,
  group_kill boolean,
  counter_agrees boolean,
  PRIMARY KEY (kill_id, killed_at),
  CONSTRAINT invoker_is_whole_or_absent CHECK (num_nulls(invoker_host_pid, invoker_comm, invoker_backend_kind) IN (0, 3)),
  CONSTRAINT memory_max_is_bytes_or_unlimited CHECK ((memory_max_bytes IS NOT NULL) = (memory_max_unlimited IS FALSE))
);
SELECT headroom.make_hypertable('oom_kill', 'killed_at', '30 days');
CREATE INDEX oom_kill_by_instance ON headroom.oom_kill (instance_id, killed_at);
CREATE INDEX oom_kill_by_time ON headroom.oom_kill (killed_at);

COMMENT ON TABLE headroom.oom_kill IS 'One victim of the kernel''s OOM killer';
COMMENT ON COLUMN headroom.oom_kill.killed_at IS 'The kernel''s time on the wall clock, to the microsecond';
COMMENT ON COLUMN headroom.oom_kill.kill_id IS 'Names the kill; follows from the node''s boot and the victim';
COMMENT ON COLUMN headroom.oom_kill.incident_id IS 'Names the decision of the killer; all victims of one group kill share it';
COMMENT ON COLUMN headroom.oom_kill.node_name IS 'Where';
COMMENT ON COLUMN headroom.oom_kill.instance_id IS 'The instance that lost a process; null when the victim belonged to none';
COMMENT ON COLUMN headroom.oom_kill.boottime_ns IS 'The kernel''s time (CLOCK_BOOTTIME), in nanoseconds since boot';
COMMENT ON COLUMN headroom.oom_kill.capture_source IS 'How the kernel told it, such as tp_btf';
COMMENT ON COLUMN headroom.oom_kill.victim_host_pid IS 'The victim''s pid as the node sees it';
COMMENT ON COLUMN headroom.oom_kill.victim_namespace_pid IS 'The victim''s pid in its own pid namespace; null when unknown';
COMMENT ON COLUMN headroom.oom_kill.victim_comm IS 'The kernel''s 15-byte name of the victim';
COMMENT ON COLUMN headroom.oom_kill.victim_title IS 'The victim''s command line, which Postgres uses as process title; null when nobody read it in time';
COMMENT ON COLUMN headroom.oom_kill.victim_backend_kind IS 'What the victim was for';
COMMENT ON COLUMN headroom.oom_kill.victim_database_name IS 'Database the victim was connected to; null when unknown';
COMMENT ON COLUMN headroom.oom_kill.victim_user_name IS 'User the victim was connected as; null when unknown';
COMMENT ON COLUMN headroom.oom_kill.victim_query_id IS 'Postgres''s own query identifier of the victim; null without a guard';
COMMENT ON COLUMN headroom.oom_kill.victim_query_fingerprint IS 'A hash of the victim''s statement, of an idle session its last one, without literals; null when the text could not be read';
COMMENT ON COLUMN headroom.oom_kill.victim_query_text IS 'The victim''s statement; null unless the collector was told to keep it';
COMMENT ON COLUMN headroom.oom_kill.invoker_host_pid IS 'The invoker''s pid as the node sees it; null when the source does not name an invoker';
COMMENT ON COLUMN headroom.oom_kill.invoker_namespace_pid IS 'The invoker''s pid in its own pid namespace; null when unknown';
COMMENT ON COLUMN headroom.oom_kill.invoker_comm IS 'The kernel''s 15-byte name of the invoker; null when the source does not name an invoker';
COMMENT ON COLUMN headroom.oom_kill.invoker_title IS 'The invoker''s command line, which Postgres uses as process title; null when nobody read it in time';
COMMENT ON COLUMN headroom.oom_kill.invoker_backend_kind IS 'What the invoker was for; null when the source does not name an invoker';
COMMENT ON COLUMN headroom.oom_kill.invoker_database_name IS 'Database the invoker was connected to; null when unknown';
COMMENT ON COLUMN headroom.oom_kill.invoker_user_name IS 'User the invoker was connected as; null when unknown';
COMMENT ON COLUMN headroom.oom_kill.invoker_query_id IS 'Postgres''s own query identifier of the invoker; null without a guard';
COMMENT ON COLUMN headroom.oom_kill.invoker_query_fingerprint IS 'A hash of the invoker''s statement, of an idle session its last one, without literals; null when the text could not be read';
COMMENT ON COLUMN headroom.oom_kill.invoker_query_text IS 'The invoker''s statement; null unless the collector was told to keep it';
COMMENT ON COLUMN headroom.oom_kill.oom_constraint IS 'Why the killer ran, such as memcg; null when the source does not say';
COMMENT ON COLUMN headroom.oom_kill.limit_cgroup_path IS 'The cgroup whose limit was hit';
COMMENT ON COLUMN headroom.oom_kill.victim_cgroup_path IS 'The cgroup the victim was in';
COMMENT ON COLUMN headroom.oom_kill.memory_max_bytes IS 'The limit that was hit, in bytes; null when unlimited or unreadable';
COMMENT ON COLUMN headroom.oom_kill.memory_max_unlimited IS 'True when that cgroup had no limit; null when it could not be read';
COMMENT ON COLUMN headroom.oom_kill.memory_usage_bytes IS 'Usage of that cgroup at the kill, in bytes';
COMMENT ON COLUMN headroom.oom_kill.total_vm_bytes IS 'The victim''s address space, in bytes';
COMMENT ON COLUMN headroom.oom_kill.anon_bytes IS 'The victim''s resident anonymous memory, in bytes';
COMMENT ON COLUMN headroom.oom_kill.file_bytes IS 'The victim''s resident file memory, in bytes';
COMMENT ON COLUMN headroom.oom_kill.shmem_bytes IS 'The victim''s resident shared memory, in bytes';
COMMENT ON COLUMN headroom.oom_kill.page_tables_bytes IS 'The victim''s page tables, in bytes';
COMMENT ON COLUMN headroom.oom_kill.oom_score_adj IS 'The victim''s, -1000 to 1000';
COMMENT ON COLUMN headroom.oom_kill.guard_victim_bytes IS 'The guard''s account of the victim, in bytes; null without a guard';
COMMENT ON COLUMN headroom.oom_kill.guard_instance_bytes IS 'The guard''s account of the instance, in bytes; null without a guard';
COMMENT ON COLUMN headroom.oom_kill.group_kill IS 'Whether the whole cgroup was killed by one decision; null when unknown';
COMMENT ON COLUMN headroom.oom_kill.counter_agrees IS 'Whether the kernel''s own counter grew by as many kills as were captured; null when it could not be read';
