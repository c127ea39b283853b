#!/usr/bin/env bash
# overhead.sh : what the guard costs, side by side in one run.
#
#   overhead.sh [ROUNDS] [SECONDS]        5 rounds of 5 seconds when not said
#
# In each round every mode gets a turn on the same data, one after the other: none (the allocator alone), off, shadow and
# enforce with a limit that is never reached. Printed is the median of each mode's ratio to `none` of the same round, with the
# lowest and the highest. Three workloads: pgbench select-only, pgbench TPC-B, and one analytical query (its rate).
# See server.sh for the settings.
set -euo pipefail
source "$(dirname "$0")/server.sh"

rounds=${1:-5}
seconds=${2:-5}
results=$folder/results
BARE_ALLOCATOR=$ALLOCATOR
query="SELECT count(*) FROM (SELECT bid, md5(filler || aid) m, string_agg(aid::text, ',') FROM pgbench_accounts
       WHERE aid % 4 = 0 GROUP BY 1, 2 ORDER BY 2) t"

own "$folder"
start_server none
"$PG_BIN/pgbench" -i -q -s 10 postgres >/dev/null 2>&1
sql postgres -c "VACUUM ANALYZE" -c CHECKPOINT
echo "$query;" >"$folder/query.sql"
stop_server

tps() {
  "$PG_BIN/pgbench" -n -T "$seconds" "$@" postgres 2>/dev/null | sed -nE 's/^tps = ([0-9.]+).*without.*/\1/p'
}

for ((round = 1; round <= rounds; round++)); do
  for mode in none off shadow enforce; do
    guard=()
    if [ "$mode" != none ]; then guard=(headroom.static_mode="$mode" headroom.static_limit=64GB); fi
    start_server "$mode" work_mem=64MB shared_buffers=256MB "${guard[@]}"
    sql postgres -c "SELECT sum(aid) FROM pgbench_accounts" -c "$query" >/dev/null
    echo "select-only $mode $round $(tps -S -M prepared -c 4 -j 2)" >>"$results"
    echo "tpc-b $mode $round $(tps -M prepared -c 4 -j 2)" >>"$results"
    echo "analytical $mode $round $(tps -f "$folder/query.sql" -c 1)" >>"$results"
    stop_server
  done
done

echo "PostgreSQL $PG_MAJOR, $rounds rounds of $seconds s, ratio to the allocator alone: median [lowest, highest]"
awk '
  { tps[$1, $2, $3] = $4; if ($3 > rounds) rounds = $3 }
  END {
    split("select-only tpc-b analytical", workloads); split("off shadow enforce", modes)
    for (w = 1; w <= 3; w++) {
      line = sprintf("%-12s", workloads[w])
      for (m = 1; m <= 3; m++) {
        n = 0; delete ratio
        for (r = 1; r <= rounds; r++)
          if (tps[workloads[w], "none", r] > 0) ratio[++n] = tps[workloads[w], modes[m], r] / tps[workloads[w], "none", r]
        for (i = 2; i <= n; i++) for (j = i; j > 1 && ratio[j] < ratio[j-1]; j--) { t = ratio[j]; ratio[j] = ratio[j-1]; ratio[j-1] = t }
        median = n % 2 ? ratio[(n + 1) / 2] : (ratio[n / 2] + ratio[n / 2 + 1]) / 2
        line = line sprintf("  %s %.3f [%.3f, %.3f]", modes[m], median, ratio[1], ratio[n])
      }
      print line
    }
  }' "$results"
