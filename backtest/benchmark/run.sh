#!/usr/bin/env bash
# Measures the sweep side by side with C, DuckDB and, given a database, TimescaleDB. docs/benchmarks.md explains.
#
#   backtest/benchmark/run.sh compare  [INSTANCES HOURS FORMULAS]            default 4 24 400
#   backtest/benchmark/run.sh headline [INSTANCES HOURS FORMULAS CLIENTS]    default 100 168 1000 3; heap of 1 GiB
#   backtest/benchmark/run.sh micro    [JMH OPTION...]                       the parts of a replay, by JMH
#   backtest/benchmark/run.sh load JDBC_URL [INSTANCES HOURS FORMULAS]       default 2 12 20; the database must be empty
#   backtest/benchmark/run.sh dashboard [OPTION...]                          the dashboard under load; --help lists the options
#   backtest/benchmark/run.sh what-if [DAYS STEP_SECONDS CLIENTS FORMULAS]   default 30 10 4 200; heap of 1 GiB, a private TimescaleDB
#
# Needs gcc for the C loop. Writes to a temporary folder (TMPDIR), which is removed; the headline needs about 3 GB there.
# The dashboard's fleet is kept in HEADROOM_HOME until --remove, about 14 GB.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
what=${1:-compare}
[ $# -gt 0 ] && shift
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

module=backtest/benchmark
[ "$what" = dashboard ] && module=backtest/load
# shellcheck disable=SC2086
mvn -q -B -f "$root/pom.xml" ${HEADROOM_MAVEN_OPTS:-} -Pbenchmark -pl "$module" -am -DskipTests \
  test-compile dependency:build-classpath -Dmdep.outputFile="$work/classpath"
run() {
  "${JAVA_HOME:+$JAVA_HOME/bin/}java" --enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow \
    -cp "$root/$module/target/classes:$(cat "$work/classpath")" "$@"
}

case $what in
  compare)
    gcc -O3 -march=native -ffp-contract=off -o "$work/in-order" "$root/backtest/benchmark/src/main/c/sweep.c" -lm
    gcc -O3 -march=native -ffast-math -o "$work/any-order" "$root/backtest/benchmark/src/main/c/sweep.c" -lm
    run dev.headroom.benchmark.SweepBenchmark compare "$work" "${1:-4}" "${2:-24}" "${3:-400}" \
      "$work/in-order" "$work/any-order"
    ;;
  headline)
    run -Xmx1g dev.headroom.benchmark.SweepBenchmark headline "$work" "${1:-100}" "${2:-168}" "${3:-1000}" "${4:-3}"
    ;;
  micro)
    run org.openjdk.jmh.Main "$@"
    ;;
  load)
    url=$1
    HEADROOM_HOME="$work/home" run dev.headroom.benchmark.LoadBenchmark "$work" "$url" "${2:-2}" "${3:-12}" "${4:-20}"
    ;;
  dashboard)
    run dev.headroom.load.DashboardLoad --launcher "$root/bin/headroom" "$@"
    ;;
  what-if)
    run -Xmx1g dev.headroom.benchmark.WhatIfBenchmark "$work" "${1:-30}" "${2:-10}" "${3:-4}" "${4:-200}"
    ;;
  *)
    sed -n '2,13s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2
    exit 2
    ;;
esac
