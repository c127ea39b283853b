CREATE TABLE headroom.node (
  node_name text PRIMARY KEY,
  boot_id text NOT NULL,
  kernel_release text NOT NULL,
  memory_total_bytes bigint,
  capture_source text,
  observed_at timestamptz NOT NULL
);
COMMENT ON TABLE headroom.node IS 'A machine (or VM) with one collector, as last seen';
COMMENT ON COLUMN headroom.node.node_name IS 'What the node calls itself; unique in the fleet';
COMMENT ON COLUMN headroom.node.boot_id IS 'The kernel''s random id of this boot';
COMMENT ON COLUMN headroom.node.kernel_release IS 'As uname -r prints it';
COMMENT ON COLUMN headroom.node.memory_total_bytes IS 'The machine''s memory, in bytes; null when unknown';
COMMENT ON COLUMN headroom.node.capture_source IS 'How OOM kills are captured, such as tp_btf; null before a source was opened';
COMMENT ON COLUMN headroom.node.observed_at IS 'When this was read; an older reading never replaces a newer one';
