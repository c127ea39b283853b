CREATE TABLE headroom.api_audit (
  api_audit_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  occurred_at timestamptz NOT NULL DEFAULT now(),
  actor text NOT NULL,
  actor_scope text NOT NULL,
  address text NOT NULL,
  method text NOT NULL,
  path text NOT NULL,
  status integer NOT NULL,
  detail text
);
CREATE TRIGGER api_audit_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON headroom.api_audit
  FOR EACH STATEMENT EXECUTE FUNCTION headroom.refuse_change();

COMMENT ON TABLE headroom.api_audit IS 'Everything that was asked of the web process and was to change something, done or refused; rows are never changed';
COMMENT ON COLUMN headroom.api_audit.api_audit_id IS 'Orders the rows';
COMMENT ON COLUMN headroom.api_audit.occurred_at IS 'When';
COMMENT ON COLUMN headroom.api_audit.actor IS 'The token''s name; local where no token is asked for';
COMMENT ON COLUMN headroom.api_audit.actor_scope IS 'What the caller might do';
COMMENT ON COLUMN headroom.api_audit.address IS 'Where the request came from';
COMMENT ON COLUMN headroom.api_audit.method IS 'Of the request';
COMMENT ON COLUMN headroom.api_audit.path IS 'Of the request';
COMMENT ON COLUMN headroom.api_audit.status IS 'The answer''s HTTP status: below 400 it was done';
COMMENT ON COLUMN headroom.api_audit.detail IS 'What the body asked for, cut to 1,000 characters';
