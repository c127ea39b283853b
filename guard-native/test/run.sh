#!/bin/sh
# Runs the test programs of a build: run.sh BUILD. Core tests as they are, preload tests under the library: with glibc's malloc
# and, where jemalloc is installed, with that, as it is and with its counters out of reach. Prints one line per run; fails when
# one failed.
set -u
build=$(cd "$1" && pwd)
failed=0
# Handlers that allocate are what one test is about.
export ASAN_OPTIONS=allocator_may_return_null=1 TSAN_OPTIONS='allocator_may_return_null=1 report_signal_unsafe=0'

# A sanitizer lays out the address space itself, and some fail now and then where much of it is random.
fixed_addresses=
if [ ! -e "$build/libheadroom_guard.so" ] && setarch -R true 2>/dev/null; then fixed_addresses='setarch -R'; fi

run() { # NAME PRELOAD PROGRAM
  LD_PRELOAD=$2 $fixed_addresses "$3" >"$build/test/output" 2>&1
  status=$?
  case $status in
    0) echo "ok      $1" ;;
    77) echo "skipped $1: $(sed -n 's/^skipped: //p' "$build/test/output")" ;;
    *)
      echo "FAILED  $1: exit $status"
      cat "$build/test/output"
      failed=1
      ;;
  esac
}

for program in "$build"/test/core_* "$build"/test/preload_*; do
  name=${program##*/}
  case $name in
    core_*) run "$name" '' "$program" ;;
    *)
      if [ ! -e "$build/libheadroom_guard.so" ]; then # the library is part of the program
        run "$name" '' "$program"
        continue
      fi
      run "$name glibc" "$build/libheadroom_guard.so" "$program"
      if ldconfig -p 2>/dev/null | grep -q 'libjemalloc\.so\.2'; then
        run "$name jemalloc" "$build/libheadroom_guard.so libjemalloc.so.2" "$program"
        run "$name jemalloc without counters" "$build/libheadroom_guard.so $build/test/no_counters.so libjemalloc.so.2" "$program"
      fi
      ;;
  esac
done
exit $failed
