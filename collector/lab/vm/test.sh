#!/bin/bash
# test.sh: builds Headroom and proves it on a real cgroup v2 kernel, in the machine of run.sh: capture by all four sources, and
# a kill and a group kill of a real Postgres, watched by a collector and stored. Prints what was proven.
#
# JAVA_HOME must be a JDK of at least 25. HEADROOM_MAVEN_OPTS adds options for the build.
# Exits 77 with the reason when this machine cannot run one, 1 when a proof failed.
set -euo pipefail

readonly SKIPPED=77
here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
readonly here

# What the machine needs, and whether it starts here at all.
probed=0
"$here/run.sh" true || probed=$?
if ((probed)); then
  ((probed == SKIPPED)) && exit $SKIPPED
  exit 1
fi

log=$(mktemp)
readonly log
trap 'rm -f "$log"' EXIT
proven=0
# shellcheck disable=SC2086
HEADROOM_VM_TEST=1 mvn -f "$here/../../../pom.xml" -B -ntp ${HEADROOM_MAVEN_OPTS:-} -Dspotless.check.skip=true \
  -pl collector/node,collector/lab -am test -Dtest='CgroupV2MachineTest,LabOnCgroupV2Test' \
  -Dsurefire.failIfNoSpecifiedTests=false >"$log" 2>&1 || proven=1
if ((proven)); then
  tail -n 60 "$log" >&2
  echo "vm-test: failed" >&2
  exit 1
fi
grep -oE 'cgroup v2: .*' "$log" || true
if grep -qE 'Tests run: [1-9][0-9]*,.* Skipped: [1-9]' "$log"; then
  grep -E 'Skipped: [1-9]|Assumption' "$log" >&2
  echo "vm-test: skipped" >&2
  exit $SKIPPED
fi
