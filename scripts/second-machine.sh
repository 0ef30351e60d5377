#!/usr/bin/env bash
# second-machine.sh up DIR | down DIR | exec DIR COMMAND...: another machine on this one, for tests of what crosses machines: a network
# namespace with an address of its own, 10.98.N.1, a Docker Engine of its own, and sshd on port 22. `up` prints the address; from there this
# one is 10.98.N.254. Several can stand at once.
# Root only. It logs in root with DIR/key, and DIR/known_hosts has its host key. The file system is shared but for /srv, /root, /run, and
# what the engine keeps. It stands until `down`.
set -euo pipefail
action=${1:-} dir=${2:-}
[ -n "$dir" ] || { sed -n 2,6p "$0"; exit 2; }

# Of each machine its bridge is the first thing that is made, so two that begin at once get two numbers.
numbered() { number=$1 bridge=gmbr$1 veth=gmveth$1 address=10.98.$1.1 gateway=10.98.$1.254; }
[ ! -f "$dir/number" ] || numbered "$(cat "$dir/number")"

# Its root is named as well: this one may be a chroot.
inside() { nsenter --target "$(cat "$dir/pid")" --mount --net --uts --root --wd -- "$@"; }

case $action in
up)
  missing=()
  command -v sshd >/dev/null || missing+=(openssh-server openssh-client)
  command -v ip >/dev/null || missing+=(iproute2)
  command -v iptables >/dev/null || missing+=(iptables)
  [ ${#missing[@]} -eq 0 ] || { apt-get update -qq; DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null; }
  for free in $(seq 0 99); do ip link add "gmbr$free" type bridge 2>/dev/null && break; done
  numbered "$free"
  mkdir -p "$dir"/{srv,root/.ssh,data,exec}
  echo "$number" > "$dir/number"
  trap 'code=$?; [ "$code" = 0 ] || { tail -3 "$dir/log" >&2 || true; bash "$0" down "$dir"; }; exit "$code"' EXIT
  ssh-keygen -q -t ed25519 -N '' -f "$dir/key"
  ssh-keygen -q -t ed25519 -N '' -f "$dir/host_key"
  cp "$dir/key.pub" "$dir/root/.ssh/authorized_keys"
  chmod 700 "$dir/root" "$dir/root/.ssh"; chmod 600 "$dir/root/.ssh/authorized_keys"
  echo "$address $(cut -d' ' -f1,2 "$dir/host_key.pub")" > "$dir/known_hosts"
  ip addr add "$gateway/24" dev $bridge
  ip link set $bridge up
  # The engine of this machine sets FORWARD to DROP, and bridged packets pass there.
  iptables -C FORWARD -i $bridge -o $bridge -j ACCEPT 2>/dev/null || iptables -I FORWARD -i $bridge -o $bridge -j ACCEPT
  cat > "$dir/init.sh" <<I
mount -t tmpfs none /run && mkdir -p /run/sshd /run/docker /run/lock
mount --bind $dir/srv /srv
mount --bind $dir/root /root
hostname second
ip link set lo up
while ! ip link show eth0 >/dev/null 2>&1; do sleep 0.1; done
ip addr add $address/24 dev eth0; ip link set eth0 up; ip route add default via $gateway
/usr/sbin/sshd -h $dir/host_key -o ListenAddress=$address -o PidFile=/run/sshd.pid -o PermitRootLogin=prohibit-password -o AuthorizedKeysFile=/root/.ssh/authorized_keys
exec dockerd --data-root $dir/data --exec-root $dir/exec --bip 172.29.0.1/16 --pidfile /run/docker.pid -H unix:///run/docker.sock
I
  setsid unshare --mount --net --uts --propagation private bash "$dir/init.sh" >"$dir/log" 2>&1 </dev/null &
  echo $! > "$dir/pid"
  # Until it is in a network of its own, what is given to it would come here.
  while [ "$(readlink "/proc/$(cat "$dir/pid")/ns/net")" = "$(readlink /proc/self/ns/net)" ]; do sleep 0.05; done
  ip link add $veth type veth peer name eth0 netns "$(cat "$dir/pid")"
  ip link set $veth master $bridge up
  for _ in $(seq 150); do inside docker info >/dev/null 2>&1 && break; sleep 0.2; done
  inside docker info >/dev/null 2>&1 || { echo "the engine of the second machine did not start:" >&2; exit 1; }
  echo "$address" ;;
exec) shift 2; inside "$@" ;;
down)
  if [ -f "$dir/pid" ]; then
    inside sh -c 'docker ps -q | xargs -r docker rm -f; kill $(cat /run/sshd.pid)' >/dev/null 2>&1 || true
    kill "$(cat "$dir/pid")" 2>/dev/null || true
    for _ in $(seq 100); do kill -0 "$(cat "$dir/pid")" 2>/dev/null || break; sleep 0.1; done
  fi
  if [ -n "${bridge:-}" ]; then
    ip link del "$veth" 2>/dev/null || true
    iptables -D FORWARD -i "$bridge" -o "$bridge" -j ACCEPT 2>/dev/null || true
    ip link del "$bridge" 2>/dev/null || true
  fi
  rm -rf "${dir:?}" ;;
*) sed -n 2,6p "$0"; exit 2 ;;
esac
