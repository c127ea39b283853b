package dev.headroom.guard.proof;

import java.util.List;
import java.util.Random;

/**
 * Random statements that each take memory in another way. The same seed gives the same statements.
 * They need the tables that {@link #PREPARE} makes.
 */
final class SqlGenerator {

  /** Run once before the first statement. */
  static final List<String> PREPARE =
      List.of(
          "CREATE TABLE item AS SELECT i AS id, i % 977 AS grp, md5(i::text) AS text,"
              + " jsonb_build_object('a', i, 'b', md5(i::text)) AS doc FROM generate_series(1, 15000) i",
          "ALTER TABLE item ADD PRIMARY KEY (id)",
          "ALTER TABLE item SET (parallel_workers = 2)",
          "CREATE TABLE child (id int REFERENCES item ON DELETE CASCADE, text text)",
          "INSERT INTO child SELECT id, text FROM item WHERE id <= 1000",
          "CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS"
              + " $$ BEGIN PERFORM length(repeat(NEW.text, 1000)); RETURN NEW; END $$",
          "CREATE TRIGGER noted BEFORE INSERT OR UPDATE ON child FOR EACH ROW EXECUTE FUNCTION note()",
          "ANALYZE");

  /** Settings that make memory the only limit of a statement. */
  private static final List<String> SETTINGS =
      List.of(
          "SET work_mem = '1GB'",
          "SET work_mem = '64kB'",
          "SET work_mem = '16MB'",
          "SET jit = on; SET jit_above_cost = 0; SET jit_optimize_above_cost = 0",
          "SET jit = off",
          "SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0",
          "SET max_parallel_workers_per_gather = 0",
          "SET max_parallel_workers_per_gather = 2",
          "SET enable_hashagg = off",
          "SET enable_sort = off",
          "SET maintenance_work_mem = '256MB'",
          "SET hash_mem_multiplier = 4",
          "RESET ALL");

  private final Random random;
  private int names;

  SqlGenerator(long seed) {
    this.random = new Random(seed);
  }

  /** One statement, or several with semicolons between them. */
  String next() {
    int n = rows();
    return switch (random.nextInt(34)) {
      case 0 -> pick(SETTINGS);
      case 1 -> "SELECT length(repeat('x', %d))".formatted(random.nextInt(60_000_000));
      case 2 ->
          "SELECT length(string_agg(text, ',')) FROM item, generate_series(1, 3) WHERE id < " + n;
      case 3 -> "SELECT array_length(array_agg(text || grp), 1) FROM item WHERE id < " + n;
      case 4 ->
          "SELECT count(*) FROM (SELECT DISTINCT text || i FROM item, generate_series(1, 2) i WHERE id < %d) t"
              .formatted(n);
      case 5 ->
          "SELECT text FROM item, generate_series(1, 3) WHERE id < %d ORDER BY md5(text) OFFSET 1000000"
              .formatted(n);
      case 6 -> "SELECT count(*) FROM item a JOIN item b USING (text) WHERE a.id < " + n;
      case 7 ->
          "SELECT grp, count(DISTINCT text) FROM item WHERE id < %d GROUP BY grp LIMIT 1"
              .formatted(n);
      case 8 -> "SELECT length(jsonb_agg(doc)::text) FROM item WHERE id < " + n;
      case 9 ->
          "SELECT count(*) FROM (SELECT jsonb_object_agg(text, doc) o FROM item WHERE id < %d) t, jsonb_each(o)"
              .formatted(n);
      case 10 ->
          "SELECT length(regexp_replace(repeat(md5('%d'), %d), '([a-f]+)(\\d?)', '\\2\\1', 'g'))"
              .formatted(n, n / 4);
      case 11 ->
          "SELECT count(*) FROM regexp_split_to_table(repeat('ab,cd;', %d), '[,;]') t".formatted(n);
      case 12 ->
          "SELECT 'a' ~ ('(' || repeat('a{1,20}|', %d) || 'b)')".formatted(1 + random.nextInt(60));
      case 13 ->
          "DO $$ BEGIN FOR i IN 1..3 LOOP BEGIN PERFORM length(repeat('y', %d));"
                  .formatted(random.nextInt(60_000_000))
              + " EXCEPTION WHEN out_of_memory THEN PERFORM 1; END; END LOOP; END $$";
      case 14 ->
          "DO $$ DECLARE a text[]; BEGIN FOR i IN 1..%d LOOP a := a || md5(i::text); END LOOP; END $$"
              .formatted(n / 8);
      case 15 ->
          "BEGIN; SAVEPOINT a; SELECT length(repeat('z', %d)); ROLLBACK TO a; SELECT 1; COMMIT"
              .formatted(random.nextInt(60_000_000));
      case 16 ->
          "BEGIN; DECLARE c CURSOR WITH HOLD FOR SELECT text, doc FROM item WHERE id < %d ORDER BY text; FETCH 100 FROM c; COMMIT; CLOSE c"
              .formatted(n);
      case 17 ->
          "CREATE TEMP TABLE %s AS SELECT id, repeat(text, 4) AS text FROM item WHERE id < %d"
              .formatted(name(), n);
      case 18 -> "DISCARD TEMP";
      case 19 ->
          "COPY (SELECT * FROM item WHERE id < %d ORDER BY text) TO '/dev/null'".formatted(n);
      case 20 ->
          "BEGIN; CREATE TEMP TABLE copied (i text) ON COMMIT DROP; COPY copied FROM PROGRAM 'seq %d'; COMMIT"
              .formatted(n);
      case 21 ->
          "BEGIN; CREATE INDEX %s ON item (%s); ROLLBACK"
              .formatted(name(), pick(List.of("text", "grp, text", "md5(text)", "(doc ->> 'b')")));
      case 22 ->
          "BEGIN; CREATE INDEX %s ON item USING %s; ROLLBACK"
              .formatted(
                  name(), pick(List.of("gin (doc)", "hash (text)", "brin (id)", "spgist (text)")));
      case 23 ->
          pick(
              List.of(
                  "VACUUM child",
                  "VACUUM (FULL) child",
                  "VACUUM (ANALYZE) item",
                  "ANALYZE item",
                  "VACUUM (PARALLEL 2) item"));
      case 24 -> "BEGIN; DELETE FROM item WHERE id < %d; ROLLBACK".formatted(n / 10);
      case 25 ->
          "UPDATE child SET text = md5(text) WHERE id %% 50 = %d".formatted(random.nextInt(50));
      case 26 ->
          "SELECT id, sum(grp) OVER (PARTITION BY grp ORDER BY text), array_agg(id) OVER (ORDER BY id ROWS 50 PRECEDING) FROM item WHERE id < %d OFFSET 1000000"
              .formatted(n / 4);
      case 27 ->
          "WITH RECURSIVE r (i, t) AS (SELECT 1, 'x' UNION ALL SELECT i + 1, t || md5(i::text) FROM r WHERE i < %d) SELECT max(length(t)) FROM r"
              .formatted(1 + n / 60);
      case 28 ->
          "SELECT grp, id %% 7, count(*), max(text) FROM item WHERE id < %d GROUP BY CUBE (grp, id %% 7, text) LIMIT 1"
              .formatted(n / 2);
      case 29 ->
          "SELECT count(*) FROM (SELECT to_tsvector(string_agg(text, ' ')) v FROM item WHERE id < %d) t, unnest(v)"
              .formatted(n / 4);
      case 30 ->
          "SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY text) FROM item WHERE id < " + n;
      case 31 ->
          "SELECT count(*) FROM generate_series(1, %d) i, LATERAL (SELECT text FROM item WHERE id = i LIMIT 1) t"
              .formatted(n / 2);
      case 32 ->
          "SELECT xmlagg(xmlelement(name a, text))::text IS NULL FROM item WHERE id < " + n / 4;
      default ->
          "SELECT sum(id + grp * %d) FROM item WHERE text LIKE '%%%x%%'"
              .formatted(random.nextInt(9), random.nextInt(16));
    };
  }

  private int rows() {
    return switch (random.nextInt(3)) {
      case 0 -> 10 + random.nextInt(500);
      case 1 -> 500 + random.nextInt(4_000);
      default -> 4_000 + random.nextInt(11_000);
    };
  }

  private String name() {
    return "made_" + names++;
  }

  private String pick(List<String> words) {
    return words.get(random.nextInt(words.size()));
  }
}
