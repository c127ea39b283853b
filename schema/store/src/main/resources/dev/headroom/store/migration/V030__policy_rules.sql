-- The same content is the same version, whoever registers it and however often.
CREATE UNIQUE INDEX policy_content ON headroom.policy
  (policy_name, md5(formula_text), cadence_ms, lag_ms, minimum_bytes, maximum_bytes) NULLS NOT DISTINCT;

-- NOT VALID: rows that are older than the rules stay as they are.
ALTER TABLE headroom.policy
  ADD CONSTRAINT id_is_name_and_version CHECK (policy_id = policy_name || '@' || version) NOT VALID,
  ADD CONSTRAINT id_fits_a_guard CHECK (octet_length(policy_id) <= 63) NOT VALID,
  ADD CONSTRAINT name_fits_a_list CHECK (policy_name ~ '^[A-Za-z0-9][A-Za-z0-9._+-]*$') NOT VALID;
