-- Labels that were added cannot be used before their transaction ends; nothing here uses them.
ALTER TYPE headroom.collector_event_kind ADD VALUE 'flags_changed';
ALTER TYPE headroom.collector_event_kind ADD VALUE 'flags_away';
ALTER TYPE headroom.collector_event_kind ADD VALUE 'flags_refused';
ALTER TYPE headroom.collector_event_kind ADD VALUE 'steering_held';
ALTER TYPE headroom.collector_event_kind ADD VALUE 'steering_released';
ALTER TYPE headroom.collector_event_kind ADD VALUE 'steering_resumed';
ALTER TYPE headroom.collector_event_kind ADD VALUE 'guards_stopped';
ALTER TYPE headroom.collector_event_kind ADD VALUE 'guards_resumed';
ALTER TYPE headroom.collector_event_kind ADD VALUE 'clock_step';
