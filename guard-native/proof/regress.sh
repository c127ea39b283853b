#!/usr/bin/env bash
# regress.sh : Postgres's own regression tests under the guard.
#
#   regress.sh SOURCE MODE [TEST …]
#
# SOURCE is an unpacked source tree of the same major (apt-get source postgresql-15); MODE is none, off, shadow or
# enforce. Without TEST the whole parallel schedule runs (two minutes on two cores); with TESTs only these, in order.
# Prints how many tests passed, names those that did not, and exits 1 if one did not.
#
# PG_REGRESS   the pg_regress of that major    <libdir>/pgxs/src/test/regress/pg_regress
# PG_INCLUDE   its server headers              pg_config --includedir-server
# LIMIT        the guard's limit               8GB, which is roomy
# See server.sh for the other settings.
set -euo pipefail
source "$(dirname "$0")/server.sh"

source_tree=$(cd "$1" && pwd)
mode=$2
shift 2
regress=$source_tree/src/test/regress
PG_REGRESS=${PG_REGRESS:-$("$PG_BIN/pg_config" --pkglibdir)/pgxs/src/test/regress/pg_regress}
PG_INCLUDE=${PG_INCLUDE:-$("$PG_BIN/pg_config" --includedir-server)}
LIMIT=${LIMIT:-8GB}

modules=$folder/modules
mkdir -p "$modules" "$folder/out/testtablespace"
gcc -O2 -fPIC -shared -I"$PG_INCLUDE" -o "$modules/regress.so" "$regress/regress.c"
for module in autoinc refint; do
  cp "$("$PG_BIN/pg_config" --pkglibdir)/$module.so" "$modules/"
done
cp -r "$regress/sql" "$regress/expected" "$regress/data" "$folder/out/"
cp "$regress/parallel_schedule" "$regress/resultmap" "$folder/out/" 2>/dev/null || true
own -R "$folder"

guard_settings=()
if [ "$mode" != none ]; then guard_settings=(headroom.static_mode="$mode" headroom.static_limit="$LIMIT"); fi
start_server "$mode" compute_query_id=regress max_connections=40 "${guard_settings[@]}"

tests=(--schedule="$folder/out/parallel_schedule")
if (($#)); then tests=("$@"); fi
status=0
(cd "$folder/out" && "${drop_root[@]}" "$PG_REGRESS" --bindir="$PG_BIN" --inputdir="$folder/out" \
  --outputdir="$folder/out" --dlpath="$modules" --host="$folder/run" --port="$PGPORT" --user=postgres \
  --max-concurrent-tests=20 "${tests[@]}") >"$folder/regress.log" 2>&1 || status=$?

passed=$(grep -cE '^(ok [0-9]|(test |     ).*\.\.\. ok)' "$folder/regress.log" || true)
failed=$(grep -E '^not ok|FAILED' "$folder/regress.log" | sed -E 's/^not ok [0-9]+ *[-+] *([^ ]+).*/\1/; s/^(test)? *([a-z0-9_]+) .*FAILED.*/\2/' | sort -u || true)
restarts=$(grep -cE 'terminated by signal|PANIC' "$log" || true)
echo "PostgreSQL $PG_MAJOR, guard $mode: $passed passed, $(wc -w <<<"$failed") failed${failed:+ ($(xargs <<<"$failed"))}, $restarts crashes"
if [ "${KEEP:-}" ]; then cp -r "$folder/out" "$folder/regress.log" "$log" "$KEEP/"; fi
if ((passed == 0)); then tail -20 "$folder/regress.log" >&2; fi
exit "$status"
