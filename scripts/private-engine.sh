#!/usr/bin/env bash
# private-engine.sh COMMAND...: runs a command in a network and with mounts of its own, where it may start, kill and cut off an engine that nobody else uses
# (test/integration/support/private-engine.ts). Everything that it mounts and all its bridges go with it. Needs root, dockerd, mkfs.xfs and xfs_io.
set -euo pipefail
[ "$(id -u)" = 0 ] || { echo "private-engine.sh: a second engine and disks of its own need root" >&2; exit 3; }
if ! command -v xfs_io >/dev/null || ! command -v mkfs.xfs >/dev/null || ! command -v ip >/dev/null; then
  command -v apt-get >/dev/null || { echo "private-engine.sh: xfs_io, mkfs.xfs or ip is not here; install xfsprogs and iproute2" >&2; exit 3; }
  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends xfsprogs iproute2 >/dev/null
fi
export PRIVATE_ENGINE=1
exec unshare --net --mount --propagation private sh -c 'ip link set lo up; exec "$@"' private-engine "$@"
