#!/usr/bin/env bash
# Makes the README's pictures again, in docs/images, from a dashboard that runs: give it the addresses of the fleet's page
# and of an instance's as `headroom demo` prints them in the end. Needs Debian's chromium.
set -euo pipefail

(($# == 2)) || {
  echo "usage: web/screenshots.sh FLEET_ADDRESS INSTANCE_ADDRESS   (headroom demo prints both)" >&2
  exit 2
}
images=$(dirname "$(readlink -f "$0")")/../docs/images
command -v chromium >/dev/null || { echo "chromium is missing; Debian: apt-get install chromium" >&2; exit 5; }
profile=$(mktemp -d)
trap 'rm -rf "$profile"' EXIT

picture() { # NAME HEIGHT ADDRESS: the page as it is 1280 pixels wide, in the light theme
  chromium --headless=new --no-sandbox --disable-gpu --disable-dev-shm-usage --hide-scrollbars --user-data-dir="$profile" \
    --force-device-scale-factor=1 --window-size="1280,$2" --virtual-time-budget=5000 --screenshot="$images/$1.png" "$3" \
    2>"$profile/said" || { cat "$profile/said" >&2; exit 1; }
  [[ -s $images/$1.png ]] || { cat "$profile/said" >&2; exit 1; }
  echo "docs/images/$1.png: $(($(stat -c %s "$images/$1.png") / 1024)) KiB"
}

mkdir -p "$images"
picture fleet 900 "$1"
picture instance 1000 "$2"
