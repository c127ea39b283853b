-- What pages count over the whole fleet is a small part of what these tables hold: a guard logs every denial, and a
-- collector tells its cost every minute. Each index holds what is counted, and all that the counting needs.
CREATE INDEX guard_event_counted ON headroom.guard_event (occurred_at) INCLUDE (instance_id, kind)
  WHERE kind IN ('block', 'would_block', 'fatal', 'panic');
CREATE INDEX collector_event_counted ON headroom.collector_event (occurred_at) INCLUDE (node_name, kind, event_count)
  WHERE kind IN ('gap', 'drop', 'counter_mismatch');
CREATE INDEX instance_event_outage ON headroom.instance_event (occurred_at) INCLUDE (instance_id, outage_ms)
  WHERE kind = 'ready';

-- Pages are linked by incident, and kills are kept for ever.
CREATE INDEX oom_kill_by_incident ON headroom.oom_kill (incident_id);
