ALTER TABLE headroom.api_token
  ADD COLUMN token_scope text,
  ADD COLUMN created_by text NOT NULL DEFAULT current_user;
UPDATE headroom.api_token SET token_scope = CASE WHEN may_operate THEN 'operator' ELSE 'viewer' END;
ALTER TABLE headroom.api_token
  ALTER COLUMN token_scope SET NOT NULL,
  ADD CONSTRAINT token_scope_is_known CHECK (token_scope IN ('viewer', 'operator', 'admin')),
  DROP COLUMN may_operate;

COMMENT ON COLUMN headroom.api_token.token_scope IS
  'viewer: looks, without texts of statements; operator: also runs backtests and moves rollouts; admin: also reads who did what';
COMMENT ON COLUMN headroom.api_token.created_by IS 'The database user who made it';
