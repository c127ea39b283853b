-- What lists show of a run is found once, when it is kept: a result is long, and a list read each of them several times.
-- A result that cannot be read so is kept all the same, with nothing in its summary.
CREATE FUNCTION headroom.run_summary(result json) RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  kills json;
  judged json;
BEGIN
  kills := coalesce(result -> 'recording', result -> 'on_hold_out' -> 'recording') -> 'kills';
  judged := coalesce(result -> 'policies', result -> 'on_hold_out' -> 'policies');
  RETURN jsonb_build_object(
    'kills', CASE WHEN json_typeof(kills) = 'array' THEN json_array_length(kills) END,
    'policies', CASE WHEN json_typeof(judged) = 'array' THEN
      (SELECT jsonb_agg(jsonb_build_object('name', policy ->> 'name', 'outcome', policy -> 'verdict' ->> 'outcome'))
       FROM json_array_elements(judged) AS policy WHERE policy ->> 'kind' = 'candidate') END,
    'parity', CASE WHEN json_typeof(result -> 'parity') = 'object' THEN (result -> 'parity')::jsonb END);
EXCEPTION WHEN data_exception OR program_limit_exceeded THEN
  RETURN '{}';
END
$$;
COMMENT ON FUNCTION headroom.run_summary(json) IS
  'What lists show of a run''s result: how many kills were replayed, its candidates with their outcomes, its parity';

ALTER TABLE headroom.backtest_run
  ADD COLUMN summary jsonb NOT NULL GENERATED ALWAYS AS (headroom.run_summary(result)) STORED;
COMMENT ON COLUMN headroom.backtest_run.summary IS
  'Of the result: {"kills": how many, "policies": [{"name", "outcome"}], "parity": as it is there}; each null when the kind of run has none';
