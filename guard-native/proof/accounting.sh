#!/usr/bin/env bash
# accounting.sh : the guard's account against the cgroup's anonymous memory, under a load that holds still.
#
#   accounting.sh [SESSIONS] [ROWS] [WIDTH]        6 sessions that hold 60 rows of 1000000 bytes each when not said
#
# Wide rows are memory that is used to the last page. Many narrow ones (300000 of 50) also show what Postgres allocates ahead
# and has not touched: that is in the account, and not yet in the cgroup.
#
# Root, because the server gets a memory cgroup of its own (v1 or v2). Read is the idle server, then the same one while the
# sessions hold what they read in cursors; what both say it grew by is compared. See server.sh for the settings.
set -euo pipefail
source "$(dirname "$0")/server.sh"

sessions=${1:-6}
rows=${2:-60}
width=${3:-1000000}
if [ -e /sys/fs/cgroup/cgroup.controllers ]; then root=/sys/fs/cgroup key=anon; else root=/sys/fs/cgroup/memory key=rss; fi
cgroup=$root/headroom-proof-$$
mkdir "$cgroup"
# rmdir only succeeds once every process in it is gone.
trap 'clean_up; for i in 1 2 3 4 5 6 7 8 9 10; do rmdir "$cgroup" 2>/dev/null && break; sleep 0.5; done' EXIT

cp "$HEADROOM_MODULE" "$folder/headroom.so"
HEADROOM_MODULE=$folder/headroom.so
own "$folder"
# The server's first process is this shell's child: it is moved before it has allocated, and its children follow.
drop_root=(sh -c "echo \$\$ >$cgroup/cgroup.procs && exec \"\$@\"" sh "${drop_root[@]}")
start_server shadow autovacuum=off shared_buffers=64MB
sed -E "s#MODULE_PATHNAME#$folder/headroom#; /^\\\\echo/d" "$here/../extension/headroom--1.0.sql" >"$folder/views.sql"
sql postgres -f "$folder/views.sql" >/dev/null

anon() { awk -v key="$key" '$1 == key { print $2 }' "$cgroup/memory.stat"; }
account() { sql postgres -c "SELECT sum(allocated_bytes) FROM headroom_guard_processes WHERE state = 'live'"; }

# Two questions before: what a session's caches take is taken.
account >/dev/null
account_idle=$(account) anon_idle=$(anon)
for ((i = 0; i < sessions; i++)); do
  (
    echo "SET work_mem = '1GB'; BEGIN; DECLARE held CURSOR WITH HOLD FOR SELECT i, repeat('x', $width)
          FROM generate_series(1, $rows) i; COMMIT; CREATE TEMP TABLE ready (); "
    for ((wait = 0; wait < 600; wait++)); do [ -e "$folder/done" ] && break; sleep 0.2; done
  ) | sql postgres >/dev/null &
done
for ((i = 0; i < 600; i++)); do
  [ "$(sql postgres -c "SELECT count(*) FROM pg_class WHERE relname = 'ready'")" = "$sessions" ] && break
  sleep 0.2
done
account_held=$(account) anon_held=$(anon)
touch "$folder/done"
awk -v major="$PG_MAJOR" -v a="$((account_held - account_idle))" -v c="$((anon_held - anon_idle))" \
  -v at="$account_held" -v ct="$anon_held" 'BEGIN {
    printf "PostgreSQL %d: grown by %.1f MiB in the account, %.1f MiB in the cgroup: error %+.2f%%\n", major, a/2^20, c/2^20, (a-c)/c*100
    printf "held in all: %.1f MiB in the account, %.1f MiB in the cgroup (%+.2f%%)\n", at/2^20, ct/2^20, (at-ct)/ct*100 }'
