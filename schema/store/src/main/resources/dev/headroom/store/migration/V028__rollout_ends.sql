-- A label that was added cannot be used before its transaction ends: what uses them is in the next file.
ALTER TYPE headroom.rollout_stage ADD VALUE 'rolled_back';
ALTER TYPE headroom.rollout_stage ADD VALUE 'retired';
