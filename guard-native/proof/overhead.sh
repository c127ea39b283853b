#!/usr/bin/env bash
# overhead.sh : what the guard costs whole queries, side by side in one run.
#
#   overhead.sh [ROUNDS] [TURNS] [MILLISECONDS]        3 rounds of 12 turns of 300 ms when not said
#
# Five servers on copies of the same data: glibc and jemalloc alone, and the guard over jemalloc in off, shadow and enforce with a
# limit that is never reached. The bare jemalloc gets the settings that the guard gives it, so that the allocator's cost and the
# guard's are told apart. A round starts all of them anew and gives them one short turn after the other, every second time in
# reverse order, so that what else the machine does, and gets slower or faster at, meets all alike. The workloads: pgbench
# select-only and TPC-B (one client, prepared), and one analytical query. Server and client share one processor: what waking a
# process on another one costs changes from turn to turn by more than what is looked for.
#
# Printed is, as ratio to a bare server's turn next to it, the processor time that the whole server took for a transaction (more than
# 1: the guard costs) and transactions per second (less than 1: the guard costs): the median of all turns and, in brackets, its 95%
# bootstrap interval. On a busy or small machine the first says more.
#
# RESULTS=FILE keeps the turns there and counts in those of earlier calls. Root, because every server gets a cgroup whose processor
# time is read (v1 or v2). See server.sh for the settings.
set -euo pipefail
source "$(dirname "$0")/server.sh"

rounds=${1:-3}
turns=${2:-12}
milliseconds=${3:-300}
top=$folder
results=${RESULTS:-$top/results}
variants=(glibc jemalloc off shadow enforce)
workloads=(select-only tpc-b analytical)
query="SELECT count(*) FROM (SELECT bid, md5(filler || aid) m, string_agg(aid::text, ',') FROM pgbench_accounts
       WHERE aid % 16 = 0 GROUP BY 1, 2 ORDER BY 2) t"
[ "$ALLOCATOR" ] || { echo "libjemalloc.so.2 is not installed (Debian: apt-get install libjemalloc2)" >&2; exit 1; }

if [ -e /sys/fs/cgroup/cgroup.controllers ]; then cgroups=/sys/fs/cgroup; else cgroups=/sys/fs/cgroup/cpuacct; fi
declare -A pids ports
one_processor=(taskset -c "$(($(nproc) - 1))")
as_postgres=("${one_processor[@]}" "${drop_root[@]}")

stop_all() {
  for variant in "${!pids[@]}"; do
    server_pid=${pids[$variant]}
    stop_server
  done
  pids=()
}

clean_up_all() {
  stop_all
  for variant in "${variants[@]}"; do
    for ((i = 0; i < 20; i++)); do rmdir "$cgroups/headroom-$variant-$$" 2>/dev/null && break; sleep 0.1; done
  done
  rm -rf "$top"
}
trap clean_up_all EXIT
for variant in "${variants[@]}"; do mkdir "$cgroups/headroom-$variant-$$"; done

cpu_ns() {
  if [ -e "$cgroups/headroom-$1-$$/cpuacct.usage" ]; then
    cat "$cgroups/headroom-$1-$$/cpuacct.usage"
  else
    awk '$1 == "usage_usec" { print $2 * 1000 }' "$cgroups/headroom-$1-$$/cpu.stat"
  fi
}

select_server() {
  folder=$top/$1
  export PGPORT=${ports[$1]:-} PGHOST=$folder/run
}

start() {
  local variant=$1 mode=$1 settings=(work_mem=64MB shared_buffers=256MB autovacuum=off max_wal_size=4GB) bare='' conf=''
  folder=$top/$variant
  case $variant in
    glibc) mode=none ;;
    jemalloc) mode=none bare=$ALLOCATOR conf=narenas:2,dirty_decay_ms:0,muzzy_decay_ms:0 ;;
    *) settings+=("headroom.static_mode=$variant" headroom.static_limit=64GB) ;;
  esac
  # The server's first process moves before it has done anything, and its children follow.
  drop_root=(sh -c "echo \$\$ >$cgroups/headroom-$variant-$$/cgroup.procs && exec \"\$@\"" sh "${as_postgres[@]}")
  BARE_ALLOCATOR=$bare MALLOC_CONF=$conf start_server "$mode" "${settings[@]}"
  pids[$variant]=$server_pid ports[$variant]=$PGPORT
}

children() { wc -w <"/proc/${pids[$1]}/task/${pids[$1]}/children"; }

# Prints "transactions processor-ns tps".
turn() {
  local variant=$1 arguments=() before resident out
  case $2 in
    select-only) arguments=(-S -M prepared) ;;
    tpc-b) arguments=(-M prepared) ;;
    analytical) arguments=(-f "$top/query.sql") ;;
  esac
  select_server "$variant"
  resident=$(children "$variant")
  before=$(cpu_ns "$variant")
  out=$("${one_processor[@]}" "$PG_BIN/pgbench" -n -t "$3" "${arguments[@]}" postgres 2>/dev/null)
  # What the sessions do at their end is theirs too.
  for ((i = 0; i < 100 && $(children "$variant") > resident; i++)); do sleep 0.01; done
  echo "$(sed -nE 's/.*actually processed: ([0-9]+).*/\1/p' <<<"$out") $(($(cpu_ns "$variant") - before))" \
    "$(sed -nE 's/^tps = ([0-9.]+).*/\1/p' <<<"$out")"
}

cp "$HEADROOM_MODULE" "$top/headroom.so"
HEADROOM_MODULE=$top/headroom.so
echo "$query;" >"$top/query.sql"
for variant in "${variants[@]}"; do mkdir "$top/$variant"; done
own "$top" "$top"/*
start glibc
"$PG_BIN/pgbench" -i -q -s 10 postgres >/dev/null 2>&1
sql postgres -c "VACUUM ANALYZE" -c CHECKPOINT
stop_all
for variant in "${variants[@]:1}"; do cp -a "$top/glibc/data" "$top/$variant/"; done

run=$(date +%s)
declare -A transactions=([select-only]=3000 [tpc-b]=300 [analytical]=1)
for ((round = 0; round < rounds; round++)); do
  for variant in "${variants[@]}"; do
    start "$variant"
    for workload in "${workloads[@]}"; do
      read -r _ _ tps < <(turn "$variant" "$workload" "${transactions[$workload]}")
      # As many as fit into a turn, the same for all.
      if ((round == 0)) && [ "$variant" = glibc ]; then
        transactions[$workload]=$(awk -v tps="$tps" -v ms="$milliseconds" 'BEGIN { n = int(tps * ms / 1000); print n < 1 ? 1 : n }')
      fi
    done
  done
  for workload in "${workloads[@]}"; do
    for ((turn = 0; turn < turns; turn++)); do
      # Somebody else begins each time.
      order=("${variants[@]:turn / 2 % 5}" "${variants[@]:0:turn / 2 % 5}")
      if ((turn % 2)); then mapfile -t order < <(printf '%s\n' "${order[@]}" | tac); fi
      for variant in "${order[@]}"; do
        echo "$workload $variant $run.$round.$turn $(turn "$variant" "$workload" "${transactions[$workload]}")" >>"$results"
      done
    done
  done
  stop_all
done

awk -v major="$PG_MAJOR" -v milliseconds="$milliseconds" '
  { count[$1, $2, $3] = $4; cpu[$1, $2, $3] = $5; tps[$1, $2, $3] = $6; if (!($3 in seen)) { seen[$3] = 1; turns[++n] = $3 } }
  function sorted(values, n,   i, j, v) {
    for (i = 2; i <= n; i++) { v = values[i]; for (j = i - 1; j >= 1 && values[j] > v; j--) values[j + 1] = values[j]; values[j + 1] = v } }
  function median(values, n) { sorted(values, n); return n % 2 ? values[(n + 1) / 2] : (values[n / 2] + values[n / 2 + 1]) / 2 }
  function cell(workload, variant, base, of_cpu,   r, i, m, b, all, some, medians) {
    for (r = 1; r <= n; r++) {
      i = turns[r]
      if (!tps[workload, variant, i] || !tps[workload, base, i]) continue # an earlier call was ended half way
      all[++m] = of_cpu ? (cpu[workload, variant, i] / count[workload, variant, i]) / (cpu[workload, base, i] / count[workload, base, i]) \
                      : tps[workload, variant, i] / tps[workload, base, i]
    }
    for (b = 1; b <= 400; b++) { for (r = 1; r <= m; r++) some[r] = all[int(rand() * m) + 1]; medians[b] = median(some, m) }
    sorted(medians, 400)
    return sprintf("%.3f [%.3f %.3f]", median(all, m), medians[10], medians[391])
  }
  END {
    srand(1)
    split("select-only tpc-b analytical", workloads); split("jemalloc off shadow enforce", variants)
    printf "PostgreSQL %d, %d turns of %d ms each\n", major, n, milliseconds
    for (b = 1; b <= 2; b++) {
      base = b == 1 ? "jemalloc" : "glibc"
      printf "\nto bare %s %7s %-8s   %-21s   %-21s\n", base, "", "", "processor time", "transactions / s"
      for (w = 1; w <= 3; w++) for (v = b == 1 ? 2 : 1; v <= 4; v++)
        printf "%-12s %-8s   %-21s   %-21s\n", workloads[w], variants[v], cell(workloads[w], variants[v], base, 1), cell(workloads[w], variants[v], base, 0)
    }
    print ""
    for (w = 1; w <= 3; w++) {
      m = 0
      for (r = 1; r <= n; r++)
        if (tps[workloads[w], "jemalloc", turns[r]]) us[++m] = cpu[workloads[w], "jemalloc", turns[r]] / count[workloads[w], "jemalloc", turns[r]] / 1000
      printf "%s: %.1f us of processor time for a transaction with bare jemalloc\n", workloads[w], median(us, m)
    }
  }' "$results"
