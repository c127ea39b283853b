#!/bin/bash
# run.sh COMMAND [ARGUMENT...]: runs COMMAND as root in a virtual machine with cgroup v2 and a kernel of its own.
#
# The machine sees this machine's files, read-only with a throw-away layer above, so COMMAND, its JDK and the repository are
# where they are here; nothing it writes stays. It has cgroup2, tracefs, BPF, a loopback and no network. Its exit code and
# output are COMMAND's. Environment variables named in HEADROOM_VM_ENV (space-separated; JAVA_HOME always) are passed on.
#
#   HEADROOM_VM_TIMEOUT_SECONDS  how long COMMAND may take (300)
#   HEADROOM_VM_MEMORY_MIB       the machine's memory (3072)
#   HEADROOM_VM_CACHE            where the kernel is kept (~/.cache/headroom/vm)
#   HEADROOM_VM_LOG              a file for the machine's console (none)
#
# Exits 77 with the reason when this machine cannot run one, 124 when the time is up, 125 when the machine itself failed.
set -euo pipefail

readonly SKIPPED=77 TIMED_OUT=124 FAILED=125
readonly SUITE=trixie
# in the order they need each other
readonly MODULES=(netfs 9pnet 9pnet_virtio 9p overlay)
readonly CACHE=${HEADROOM_VM_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/headroom/vm}
readonly SECONDS_ALLOWED=${HEADROOM_VM_TIMEOUT_SECONDS:-300}

skip() {
  echo "vm: skipped: $*" >&2
  exit $SKIPPED
}

require() {
  [ $# -gt 0 ] || { echo "usage: run.sh COMMAND [ARGUMENT...]" >&2; exit 2; }
  [ "$(uname -m)" = x86_64 ] || skip "the machine is built for x86_64, this one is $(uname -m)"
  [ "$(id -u)" = 0 ] || skip "reading this machine's files for the virtual one needs root"
  local missing=()
  command -v qemu-system-x86_64 >/dev/null || missing+=(qemu-system-x86)
  command -v busybox >/dev/null || missing+=(busybox-static)
  command -v cpio >/dev/null || missing+=(cpio)
  command -v xz >/dev/null || missing+=(xz-utils)
  [ ${#missing[@]} = 0 ] || skip "install ${missing[*]} (Debian: apt-get install ${missing[*]})"
}

# The mirror this machine installs from.
mirror() {
  { sed -n 's/^URIs: *\([^ ]*\/debian\)\/\? *$/\1/p' /etc/apt/sources.list.d/*.sources 2>/dev/null || true
    sed -n 's/^deb \(\[[^]]*\] \)\?\([^ ]*\/debian\)\/\? .*/\2/p' /etc/apt/sources.list 2>/dev/null || true
  } | head -n 1
}

# Unpacks the kernel into the cache, once.
fetch_kernel() {
  [ -e "$CACHE/complete" ] && return
  command -v apt-get >/dev/null || skip "no apt-get to fetch a $SUITE kernel with"
  local uri draft image
  uri=$(mirror)
  [ -n "$uri" ] || skip "no Debian mirror in this machine's apt sources to fetch a $SUITE kernel from"
  draft=$CACHE.draft.$$
  mkdir -p "$draft/lists/partial" "$draft/archives/partial"
  echo "deb $uri $SUITE main" >"$draft/sources.list"
  local apt=(-qq -o "Dir::Etc::sourcelist=$draft/sources.list" -o Dir::Etc::sourceparts=/dev/null
    -o "Dir::State::lists=$draft/lists" -o "Dir::Cache::archives=$draft/archives" -o Dir::State::status=/dev/null
    -o APT::Sandbox::User=root -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache=)
  echo "vm: fetching a $SUITE kernel" >&2
  if ! apt-get "${apt[@]}" update >&2; then
    rm -rf "$draft"
    skip "the mirror $uri has no readable $SUITE"
  fi
  image=$(apt-cache "${apt[@]}" depends linux-image-amd64 | sed -n 's/^ *Depends: \(linux-image-.*\)/\1/p' | head -n 1)
  if [ -z "$image" ] || ! (cd "$draft" && apt-get "${apt[@]}" download "$image" >&2); then
    rm -rf "$draft"
    skip "the kernel package '$image' cannot be fetched from $uri"
  fi
  dpkg -x "$draft"/linux-image-*.deb "$draft/root"
  mkdir -p "$draft/modules"
  local module file
  for module in "${MODULES[@]}"; do
    file=$(find "$draft/root" -name "$module.ko*" | head -n 1)
    case $file in
      *.xz) xz -dc "$file" >"$draft/modules/$module.ko" ;;
      *.ko) cp "$file" "$draft/modules/" ;;
      *) rm -rf "$draft"; skip "kernel $image has no module $module" ;;
    esac
  done
  mv "$draft"/root/boot/vmlinuz-* "$draft/vmlinuz"
  rm -rf "$draft/root" "$draft/lists" "$draft/archives" "$draft"/*.deb "$draft/sources.list"
  touch "$draft/complete"
  mkdir -p "$(dirname "$CACHE")"
  rm -rf "$CACHE"
  mv "$draft" "$CACHE"
}

# The first program: finds this machine's files and goes on there.
write_init() {
  cat >"$1" <<EOF
#!/bin/busybox sh
mount() { /bin/busybox mount "\$@" || { echo "init: mount \$* failed"; exec /bin/busybox reboot -f; }; }
/bin/busybox mkdir -p /proc /sys /dev /lower /layer /new
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs dev /dev
for module in ${MODULES[*]}; do /bin/busybox insmod /modules/\$module.ko; done
mount -t 9p -o trans=virtio,version=9p2000.L,msize=512000,cache=loose,ro files /lower
mount -t tmpfs -o size=80% layer /layer
/bin/busybox mkdir /layer/upper /layer/work
mount -t overlay -o lowerdir=/lower,upperdir=/layer/upper,workdir=/layer/work new /new
for fs in proc sys dev; do mount -o move /\$fs /new/\$fs; done
mount -t tmpfs run /new/run
/bin/busybox mkdir -p /new/dev/shm /new/dev/pts /new/sys/fs/cgroup
mount -t tmpfs shm /new/dev/shm
mount -t devpts devpts /new/dev/pts
mount -t cgroup2 cgroup2 /new/sys/fs/cgroup
mount -t tracefs tracefs /new/sys/kernel/tracing
/bin/busybox ln -s /proc/self/fd /new/dev/fd
/bin/busybox ip link set lo up
/bin/busybox cp /command /bin/busybox /new/run/
exec /bin/busybox switch_root /new /run/busybox sh /run/command
EOF
  chmod +x "$1"
}

# The second program: runs the command with its output on a port of its own, tells its exit code, and ends the machine.
write_command() {
  local out=$1 name
  shift
  {
    echo '/run/busybox stty -F /dev/ttyS1 raw -echo 115200; /run/busybox stty -F /dev/ttyS2 raw -echo'
    printf 'cd %q\n' "$PWD"
    printf 'export HOME=%q PATH=%q HEADROOM_VM=1\n' "$HOME" "$PATH"
    for name in JAVA_HOME ${HEADROOM_VM_ENV:-}; do
      [ -z "${!name:-}" ] || printf 'export %s=%q\n' "$name" "${!name}"
    done
    printf 'bash -c %q bash' 'exec "$@"'
    printf ' %q' "$@"
    printf ' </dev/null >/dev/ttyS1 2>&1\n'
    echo 'echo $? >/dev/ttyS2'
    echo '/run/busybox sleep 0.2; /run/busybox sync; /run/busybox reboot -f'
  } >"$out"
}

main() {
  require "$@"
  fetch_kernel
  local work status qemu=
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  trap 'kill "$qemu" 2>/dev/null; exit $FAILED' INT TERM
  mkdir -p "$work/root/bin" "$work/root/modules"
  cp "$(command -v busybox)" "$work/root/bin/busybox"
  cp "$CACHE"/modules/*.ko "$work/root/modules/"
  write_init "$work/root/init"
  write_command "$work/root/command" "$@"
  (cd "$work/root" && find . | cpio --quiet -o -H newc | gzip -1) >"$work/initramfs"

  # With -no-reboot the machine's end, "reboot", ends qemu.
  timeout --kill-after=5 "$SECONDS_ALLOWED" qemu-system-x86_64 -accel tcg,thread=multi -cpu max -smp 2 \
    -m "${HEADROOM_VM_MEMORY_MIB:-3072}" -nodefaults -no-user-config -display none -no-reboot -monitor none \
    -kernel "$CACHE/vmlinuz" -initrd "$work/initramfs" -append "console=ttyS0 quiet panic=-1" \
    -fsdev local,id=files,path=/,security_model=none,readonly=on,multidevs=remap \
    -device virtio-9p-pci,fsdev=files,mount_tag=files \
    -serial "file:$work/console" -serial stdio -serial "file:$work/status" </dev/null &
  qemu=$!
  local ended=0
  wait "$qemu" || ended=$?
  [ -z "${HEADROOM_VM_LOG:-}" ] || cp "$work/console" "$HEADROOM_VM_LOG"
  if [ "$ended" = $TIMED_OUT ] || [ "$ended" = 137 ]; then
    echo "vm: the command did not end within $SECONDS_ALLOWED s" >&2
    exit $TIMED_OUT
  fi
  status=$(tr -dc 0-9 <"$work/status")
  if [ -z "$status" ]; then
    echo "vm: the machine ended before its command did; its console:" >&2
    tail -n 30 "$work/console" >&2
    exit $FAILED
  fi
  exit "$status"
}

main "$@"
