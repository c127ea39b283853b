#!/bin/sh
# malloc and free under the guard against the bare allocator, side by side: bench.sh BUILD [ROUNDS]
# Every round runs all modes once, in turn; a ratio is that of one round, so that what else the machine does meets all modes
# alike. Prints the median ratio and, in brackets, the lowest and highest. `pass on` is a library that only passes malloc and free on:
# what no library in front of an allocator can be quicker than.
set -eu
build=$(cd "$1" && pwd)
rounds=${2:-11}
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

for allocator in '' libjemalloc.so.2; do
  if [ -n "$allocator" ] && ! ldconfig -p 2>/dev/null | grep -q 'libjemalloc\.so\.2'; then continue; fi
  # The bare jemalloc gets what the guard sets, so that settings are not taken for overhead.
  conf=${allocator:+narenas:2,dirty_decay_ms:0,muzzy_decay_ms:0}
  for round in $(seq "$rounds"); do
    for mode in bare pass off shadow enforce; do
      setup=$mode
      case $mode in
        bare) preload=$allocator ;;
        pass) preload="$build/test/pass_on.so $allocator" setup=bare ;;
        *) preload="$build/libheadroom_guard.so $allocator" ;;
      esac
      MALLOC_CONF=$conf LD_PRELOAD=$preload "$build/test/bench" "$setup" | sed "s/^/$mode $round /" >>"$out/${allocator:-glibc}"
    done
  done
  printf '\n%s, %s rounds\n' "${allocator:-glibc}" "$rounds"
  awk '
    { cost[$3, "untouched", $1, $2] = $4; cost[$3, "touched", $1, $2] = $5
      if (!($3 in seen)) { seen[$3] = 1; sizes[++count] = $3 } if ($2 > rounds) rounds = $2 }
    function sorted(values, n,   i, j, v) {
      for (i = 2; i <= n; i++) { v = values[i]; for (j = i - 1; j >= 1 && values[j] > v; j--) values[j + 1] = values[j]; values[j + 1] = v } }
    function cell(size, loop, mode,   i, values) {
      for (i = 1; i <= rounds; i++) values[i] = cost[size, loop, mode, i] / cost[size, loop, "bare", i]
      sorted(values, rounds)
      return sprintf("%.2f [%.2f %.2f]", values[int((rounds + 1) / 2)], values[1], values[rounds]) }
    END {
      printf "%9s %-10s %12s   %-18s %-18s %-18s %-18s\n", "bytes", "loop", "bare ns", "pass on", "off", "shadow", "enforce"
      for (s = 1; s <= count; s++) for (l = 1; l <= 2; l++) {
        loop = l == 1 ? "untouched" : "touched"
        for (i = 1; i <= rounds; i++) bare[i] = cost[sizes[s], loop, "bare", i]
        sorted(bare, rounds)
        printf "%9d %-10s %12.1f   %-18s %-18s %-18s %-18s\n", sizes[s], loop, bare[int((rounds + 1) / 2)],
          cell(sizes[s], loop, "pass"), cell(sizes[s], loop, "off"), cell(sizes[s], loop, "shadow"), cell(sizes[s], loop, "enforce") } }
  ' "$out/${allocator:-glibc}"
done
