-- What the editions without continuous aggregates need to keep rollups up to date by themselves.
CREATE TABLE headroom.rollup (
  view_name text PRIMARY KEY,
  bucket_width interval NOT NULL,
  refreshed_to timestamptz NOT NULL DEFAULT '-infinity'
);
COMMENT ON TABLE headroom.rollup IS 'The rollups of memory_sample; not used by the edition timescale, which keeps account itself';
COMMENT ON COLUMN headroom.rollup.view_name IS 'The view that people read; its rows are in the table of this name with _rollup behind it';
COMMENT ON COLUMN headroom.rollup.bucket_width IS 'How much time one row covers';
COMMENT ON COLUMN headroom.rollup.refreshed_to IS 'Buckets before this are stored, later ones are computed when read';

INSERT INTO headroom.rollup (view_name, bucket_width) VALUES
  ('memory_sample_1m', '1 minute'),
  ('memory_sample_1h', '1 hour');

CREATE TABLE headroom.rollup_late (
  hour_at timestamptz NOT NULL,
  instance_id uuid NOT NULL,
  PRIMARY KEY (hour_at, instance_id)
);
COMMENT ON TABLE headroom.rollup_late IS 'Hours into which samples came after their buckets may have been stored; the next refresh computes them again';
COMMENT ON COLUMN headroom.rollup_late.hour_at IS 'The start of the hour';
COMMENT ON COLUMN headroom.rollup_late.instance_id IS 'Whose samples';

CREATE FUNCTION headroom.note_late_sample() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  -- An update even where nothing changes: its lock makes a refresh wait until this sample can be seen.
  INSERT INTO headroom.rollup_late (hour_at, instance_id)
  VALUES (date_bin('1 hour', NEW.sampled_at, '2000-01-01 00:00+00'), NEW.instance_id)
  ON CONFLICT (hour_at, instance_id) DO UPDATE SET instance_id = excluded.instance_id;
  RETURN NULL;
END
$$;
COMMENT ON FUNCTION headroom.note_late_sample() IS 'Trigger: remembers the hour of a sample that came late';
