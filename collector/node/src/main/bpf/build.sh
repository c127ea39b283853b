#!/bin/sh
# build.sh SOURCES OUT: compiles every *.bpf.c in SOURCES into OUT, where it is not newer already. Without clang or libbpf's
# headers nothing is compiled and the build goes on: the collector then says at run time what is missing.
set -eu
sources=$1
out=$2

if ! command -v clang >/dev/null || ! [ -e /usr/include/bpf/bpf_helpers.h ]; then
  echo "BPF programs are not built: install clang and libbpf-dev (Debian: apt-get install clang llvm libbpf-dev)" >&2
  exit 0
fi
case $(uname -m) in
  x86_64) target=x86 ;;
  aarch64) target=arm64 ;;
  *)
    echo "BPF programs are not built: no target for $(uname -m)" >&2
    exit 0
    ;;
esac

mkdir -p "$out"
for source in "$sources"/*.bpf.c; do
  object=$out/$(basename "$source" .c).o
  if [ -e "$object" ] && [ -z "$(find "$sources" -newer "$object")" ]; then
    continue
  fi
  clang -g -O2 -target bpf -mcpu=v3 -D__TARGET_ARCH_$target -Wall -Wextra -Werror -Wno-unused-parameter \
    -fdebug-prefix-map="$sources"=. -c "$source" -o "$object.new"
  mv "$object.new" "$object"
done
