-- One column per fact of the model, in its order; a fact that was not there is null, never 0.
CREATE TABLE headroom.memory_sample (
  sampled_at timestamptz NOT NULL,
  instance_id uuid NOT NULL,
  memory_max_bytes bigint,
  memory_max_unlimited boolean,
  memory_current_bytes bigint,
  memory_peak_bytes bigint,
  swap_current_bytes bigint,
  anon_bytes bigint,
  file_bytes bigint,
  file_mapped_bytes bigint,
  active_file_bytes bigint,
  inactive_file_bytes bigint,
  shmem_bytes bigint,
  page_tables_bytes bigint,
  sec_page_tables_bytes bigint,
  kernel_stack_bytes bigint,
  percpu_bytes bigint,
  sock_bytes bigint,
  vmalloc_bytes bigint,
  slab_bytes bigint,
  slab_reclaimable_bytes bigint,
  slab_unreclaimable_bytes bigint,
  kernel_bytes bigint,
  unevictable_bytes bigint,
  pressure_some_us bigint,
  pressure_full_us bigint,
  oom_kills bigint,
  oom_group_kills bigint,
  limit_hits bigint,
  shared_buffers_bytes bigint,
  shared_memory_bytes bigint,
  max_connections bigint,
  guard_allocated_bytes bigint,
  guard_allocated_peak_bytes bigint,
  guard_limit_bytes bigint,
  sampling_wait_us bigint,
  PRIMARY KEY (instance_id, sampled_at),
  CONSTRAINT memory_max_is_bytes_or_unlimited CHECK ((memory_max_bytes IS NOT NULL) = (memory_max_unlimited IS FALSE))
);
SELECT headroom.make_hypertable('memory_sample', 'sampled_at', '1 day');

COMMENT ON TABLE headroom.memory_sample IS 'What the kernel, Postgres and the guard say of an instance as a whole at one moment';
COMMENT ON COLUMN headroom.memory_sample.sampled_at IS 'The moment on the wall clock, to the microsecond';
COMMENT ON COLUMN headroom.memory_sample.instance_id IS 'Whose; no foreign key, because that row may still be in a collector''s spool';
COMMENT ON COLUMN headroom.memory_sample.memory_max_bytes IS 'The smallest limit from the cgroup to the root, in bytes; null when unlimited or unreadable';
COMMENT ON COLUMN headroom.memory_sample.memory_max_unlimited IS 'True when no limit is set; null when it could not be read';
COMMENT ON COLUMN headroom.memory_sample.memory_current_bytes IS 'Usage of the cgroup, in bytes (v2 memory.current, v1 memory.usage_in_bytes)';
COMMENT ON COLUMN headroom.memory_sample.memory_peak_bytes IS 'Highest usage since the cgroup was made, in bytes';
COMMENT ON COLUMN headroom.memory_sample.swap_current_bytes IS 'Swap used by the cgroup, in bytes';
COMMENT ON COLUMN headroom.memory_sample.anon_bytes IS 'Anonymous memory, in bytes';
COMMENT ON COLUMN headroom.memory_sample.file_bytes IS 'Page cache, shared memory included, in bytes';
COMMENT ON COLUMN headroom.memory_sample.file_mapped_bytes IS 'Page cache mapped into processes, in bytes';
COMMENT ON COLUMN headroom.memory_sample.active_file_bytes IS 'Page cache on the active list, in bytes';
COMMENT ON COLUMN headroom.memory_sample.inactive_file_bytes IS 'Page cache on the inactive list, in bytes';
COMMENT ON COLUMN headroom.memory_sample.shmem_bytes IS 'Shared memory and tmpfs, in bytes';
COMMENT ON COLUMN headroom.memory_sample.page_tables_bytes IS 'Page tables, in bytes; on v1 the sum of VmPTE over the processes';
COMMENT ON COLUMN headroom.memory_sample.sec_page_tables_bytes IS 'Secondary page tables (KVM, IOMMU), in bytes';
COMMENT ON COLUMN headroom.memory_sample.kernel_stack_bytes IS 'Kernel stacks, in bytes';
COMMENT ON COLUMN headroom.memory_sample.percpu_bytes IS 'Per-CPU kernel memory, in bytes';
COMMENT ON COLUMN headroom.memory_sample.sock_bytes IS 'Network buffers, in bytes';
COMMENT ON COLUMN headroom.memory_sample.vmalloc_bytes IS 'Memory the kernel got by vmalloc, in bytes';
COMMENT ON COLUMN headroom.memory_sample.slab_bytes IS 'Kernel slab, reclaimable and not, in bytes';
COMMENT ON COLUMN headroom.memory_sample.slab_reclaimable_bytes IS 'Kernel slab that can be given back, in bytes';
COMMENT ON COLUMN headroom.memory_sample.slab_unreclaimable_bytes IS 'Kernel slab that cannot be given back, in bytes';
COMMENT ON COLUMN headroom.memory_sample.kernel_bytes IS 'All kernel memory of the cgroup, in bytes';
COMMENT ON COLUMN headroom.memory_sample.unevictable_bytes IS 'Memory that cannot be reclaimed, in bytes';
COMMENT ON COLUMN headroom.memory_sample.pressure_some_us IS 'PSI: time in which at least one task stalled on memory, in microseconds since the cgroup was made';
COMMENT ON COLUMN headroom.memory_sample.pressure_full_us IS 'PSI: time in which every task stalled on memory, in microseconds since the cgroup was made';
COMMENT ON COLUMN headroom.memory_sample.oom_kills IS 'The kernel''s own count of OOM kills in this cgroup';
COMMENT ON COLUMN headroom.memory_sample.oom_group_kills IS 'The kernel''s own count of group kills; cgroup v2 only';
COMMENT ON COLUMN headroom.memory_sample.limit_hits IS 'How often usage reached the limit (v2 max in memory.events, v1 memory.failcnt)';
COMMENT ON COLUMN headroom.memory_sample.shared_buffers_bytes IS 'Postgres''s shared_buffers, in bytes';
COMMENT ON COLUMN headroom.memory_sample.shared_memory_bytes IS 'Postgres''s main shared memory segment, in bytes';
COMMENT ON COLUMN headroom.memory_sample.max_connections IS 'Postgres''s max_connections';
COMMENT ON COLUMN headroom.memory_sample.guard_allocated_bytes IS 'The guard''s account of all query processes together, in bytes; null without a guard';
COMMENT ON COLUMN headroom.memory_sample.guard_allocated_peak_bytes IS 'The guard''s watermark since the sample before, in bytes; null without a guard';
COMMENT ON COLUMN headroom.memory_sample.guard_limit_bytes IS 'The limit in force in the guard, in bytes; null without one';
COMMENT ON COLUMN headroom.memory_sample.sampling_wait_us IS 'How long the collector meant to wait from this sample to the next, in microseconds; a much later sample leaves a gap';
