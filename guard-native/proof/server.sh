# server.sh : sourced by the proofs. A throw-away Postgres, with or without the guard.
#
# PG_BIN            folder of the Postgres programs              /usr/lib/postgresql/15/bin
# HEADROOM_GUARD    the preload library                          ../target/libheadroom_guard.so
# HEADROOM_MODULE   the extension's library for that major       ../target/pg<major>/headroom.so
# ALLOCATOR         put behind the guard in LD_PRELOAD           libjemalloc.so.2, when there is one
#
# start_server MODE [NAME=VALUE …]   MODE none: no preload and no extension; off, shadow, enforce
# stop_server                        also run on exit; removes the folder
# sql DATABASE                       psql, unaligned, stops at the first error

PG_BIN=${PG_BIN:-/usr/lib/postgresql/15/bin}
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
PG_MAJOR=$("$PG_BIN/postgres" --version | sed -E 's/[^0-9]*([0-9]+).*/\1/')
HEADROOM_GUARD=${HEADROOM_GUARD:-$here/../target/libheadroom_guard.so}
HEADROOM_MODULE=${HEADROOM_MODULE:-$here/../target/pg$PG_MAJOR/headroom.so}
ALLOCATOR=${ALLOCATOR-$(ls /usr/lib/*-linux-gnu/libjemalloc.so.2 2>/dev/null | head -1)}

folder=$(mktemp -d "${TMPDIR:-/tmp}/headroom-proof.XXXXXX")
chmod 755 "$folder"
server_pid=

# Postgres refuses to run as root.
drop_root=()
if ((EUID == 0)); then drop_root=(setpriv --reuid=postgres --regid=postgres --clear-groups); fi

own() {
  if ((EUID == 0)); then chown postgres: "$@"; fi
}

free_port() {
  local port
  while :; do
    port=$((20000 + RANDOM))
    (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || { echo "$port"; return; }
  done
}

sql() {
  "$PG_BIN/psql" -XqAt -v ON_ERROR_STOP=1 -h "$folder/run" -p "$PGPORT" -U postgres -d "${1:-postgres}" "${@:2}"
}

start_server() {
  local mode=$1 preload=() settings=()
  shift
  data=$folder/data log=$folder/server.log
  mkdir -p "$folder/run" && own "$folder" "$folder/run"
  PGPORT=$(free_port)
  export PGPORT PGHOST=$folder/run PGUSER=postgres
  if [ ! -d "$data" ]; then
    "${drop_root[@]}" env LC_ALL=C "$PG_BIN/initdb" -D "$data" -U postgres -A trust --no-locale -E UTF8 >"$folder/initdb.log" 2>&1 ||
      { cat "$folder/initdb.log" >&2; return 1; }
  fi
  if [ "$mode" != none ]; then
    for library in "$HEADROOM_GUARD" "$HEADROOM_MODULE"; do
      [ -e "$library" ] || { echo "$library is missing: run make -C guard-native, with Postgres's server headers" >&2; return 1; }
    done
    preload=("LD_PRELOAD=$HEADROOM_GUARD${ALLOCATOR:+ $ALLOCATOR}")
    settings=(-c "shared_preload_libraries=$HEADROOM_MODULE")
  elif [ "${BARE_ALLOCATOR:-}" ]; then
    preload=("LD_PRELOAD=$BARE_ALLOCATOR")
  fi
  for setting in "$@"; do settings+=(-c "$setting"); done
  "${drop_root[@]}" env LC_ALL=C "${preload[@]}" "$PG_BIN/postgres" -D "$data" -p "$PGPORT" -k "$folder/run" \
    -c listen_addresses= -c fsync=off -c max_prepared_transactions=2 "${settings[@]}" >>"$log" 2>&1 </dev/null &
  server_pid=$!
  for ((i = 0; i < 600; i++)); do
    if "$PG_BIN/pg_isready" -q -h "$folder/run" -p "$PGPORT"; then return 0; fi
    if ! kill -0 "$server_pid" 2>/dev/null; then break; fi
    sleep 0.1
  done
  echo "the server did not start; the end of its log:" >&2
  tail -20 "$log" >&2
  return 1
}

stop_server() {
  if [ "$server_pid" ]; then
    kill -INT "$server_pid" 2>/dev/null || true
    wait "$server_pid" || true
    server_pid=
  fi
}

clean_up() {
  stop_server
  rm -rf "$folder"
}
trap clean_up EXIT
