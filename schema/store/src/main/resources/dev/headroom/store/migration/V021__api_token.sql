CREATE TABLE headroom.api_token (
  token_id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  token_sha256 bytea NOT NULL UNIQUE,
  token_name text NOT NULL,
  may_operate boolean NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz,
  revoked_at timestamptz,
  CONSTRAINT token_is_a_sha256 CHECK (octet_length(token_sha256) = 32)
);

COMMENT ON TABLE headroom.api_token IS 'Who may talk to the web process, and as what';
COMMENT ON COLUMN headroom.api_token.token_id IS 'Names the token in logs and lists';
COMMENT ON COLUMN headroom.api_token.token_sha256 IS 'SHA-256 of the token; the token itself is shown once and never stored';
COMMENT ON COLUMN headroom.api_token.token_name IS 'What people call it';
COMMENT ON COLUMN headroom.api_token.may_operate IS 'True for an operator, false for a reader';
COMMENT ON COLUMN headroom.api_token.created_at IS 'When it was made';
COMMENT ON COLUMN headroom.api_token.expires_at IS 'The first moment it is no longer good; null for never';
COMMENT ON COLUMN headroom.api_token.revoked_at IS 'When it was taken back; null while it is good';
