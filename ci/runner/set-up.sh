#!/usr/bin/env bash
# Prepares a Debian or Ubuntu machine for a bench's runner: run once, as root. What the runner itself does later needs no root.
#
#   sudo ci/runner/set-up.sh [--dry-run] [USER]
#
# USER (default hil) is made where it is missing, and may use serial ports. Register the runner as that user, with the labels
# self-hosted, hil and the chip on it (docs/ci.md).
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)

run() { echo "+ $*"; [ "$dry" = 1 ] || "$@"; }

dry=0
if [ "${1-}" = --dry-run ]; then dry=1; shift; fi
user=${1-hil}
case "$user" in -* | *[!a-z0-9_-]*) echo "usage: $0 [--dry-run] [USER]" >&2; exit 64 ;; esac
if [ "$dry" = 0 ] && [ "$(id -u)" != 0 ]; then
  echo "This sets up packages, a user and udev rules: run it as root (sudo $0)." >&2
  exit 64
fi

run apt-get update
# esptool comes into a Python environment of the runner's user; ModemManager would talk to every new serial port.
run apt-get install --yes --no-install-recommends git ca-certificates gcc libc6-dev python3-venv tcpdump
run apt-get remove --yes modemmanager
node=$(command -v node || true)
[ -n "$node" ] || echo "Node.js is missing: install version 20.19 or newer (your system's package, or nodejs.org)" >&2

id -u "$user" >/dev/null 2>&1 || run useradd --create-home --shell /bin/bash "$user"
run usermod --append --groups dialout "$user"
run install -m 0644 "$here/99-esp32.rules" /etc/udev/rules.d/99-esp32.rules
run udevadm control --reload
run udevadm trigger --subsystem-match=tty
# A receive queue of 4 MiB for the ack server: `npm run doctor` tells what it got.
run sysctl --write net.core.rmem_max=4194304
[ "$dry" = 1 ] || echo 'net.core.rmem_max = 4194304' > /etc/sysctl.d/99-hil.conf

echo "Done. As $user: register the runner, then in a clone of this repository \`npm ci && npm run doctor -- --board board\`."
