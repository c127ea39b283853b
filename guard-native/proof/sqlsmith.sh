#!/usr/bin/env bash
# sqlsmith.sh : random queries by sqlsmith (Debian: apt-get install sqlsmith) under a tight limit.
#
#   sqlsmith.sh [QUERIES] [SEED] [LIMIT]        10000 queries, seed 1, 16MB when not said
#
# Prints how the queries ended and what the guard did, and exits 1 if the server crashed. See server.sh for the settings.
set -euo pipefail
source "$(dirname "$0")/server.sh"

queries=${1:-10000}
seed=${2:-1}
limit=${3:-16MB}

cp "$HEADROOM_MODULE" "$folder/headroom.so"
HEADROOM_MODULE=$folder/headroom.so
own "$folder"
start_server enforce headroom.static_limit="$limit" statement_timeout=3s work_mem=256MB \
  log_min_messages=error log_min_error_statement=panic jit_above_cost=0 parallel_setup_cost=0 parallel_tuple_cost=0 \
  min_parallel_table_scan_size=0
sql postgres <<'SQL'
CREATE TABLE item AS SELECT i AS id, i % 97 AS grp, md5(i::text) AS text, jsonb_build_object('a', i) AS doc
  FROM generate_series(1, 5000) i;
CREATE TABLE other AS SELECT i AS id, array[i, i + 1] AS pair, now() AS at, i * 1.5 AS price FROM generate_series(1, 5000) i;
ANALYZE;
ALTER SYSTEM SET headroom.static_mode = 'enforce';
SELECT pg_reload_conf();
SQL
sed -E 's/MODULE_PATHNAME/'"${folder//\//\\/}"'\/headroom/; /^\\echo/d' "$here/../extension/headroom--1.0.sql" >"$folder/views.sql"
sql postgres -f "$folder/views.sql"
for ((i = 0; i < 100; i++)); do
  [ "$(sql postgres -c "SELECT mode FROM headroom_guard_status")" = enforce ] && break
  sleep 0.1
done
started=$SECONDS
sqlsmith --target="host=$folder/run port=$PGPORT dbname=postgres user=postgres" --max-queries="$queries" --seed="$seed" \
  --exclude-catalog --verbose >"$folder/sqlsmith.out" 2>"$folder/sqlsmith.err" || true
echo "PostgreSQL $PG_MAJOR, sqlsmith seed $seed, limit $limit, $((SECONDS - started)) s"
grep -E "^queries: " "$folder/sqlsmith.err" | tail -1 || tail -3 "$folder/sqlsmith.err"
sql postgres -c "SELECT format('%s blocks, %s soft denials, %s FATALs, %s PANICs, %s denials, %s waivers, %s breaches',
  blocks, soft_denials, fatals, panics, denials, waivers, breaches) FROM headroom_guard_status"
crashes=$(grep -cE 'PANIC|terminated by signal|reinitializing' "$log" || true)
echo "$crashes crashes"
((crashes == 0))
