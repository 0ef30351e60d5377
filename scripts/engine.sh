#!/usr/bin/env bash
# engine.sh: a Docker Engine with Compose v2 that answers. Where one does, it touches nothing. Where none does, it installs what is missing (Debian, Ubuntu),
# saying what before it does, and starts the engine. Needs root only for that.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# Where dockerd and iptables are, which the PATH of an ordinary user leaves out.
PATH=$PATH:/usr/sbin:/sbin
# dockerd's log where no service manager keeps one.
log=${ENGINE_LOG:-/var/log/dockerd.log}

refuse() { printf '%s\nTry: %s\n' "$1" "$2" >&2; exit 1; }
answers() { docker info >/dev/null 2>&1; }
has_compose() { docker compose version >/dev/null 2>&1; }
is_root() { [ "$(id -u)" = 0 ]; }
apt_has() { [ -n "$(apt-cache search --names-only "^$1\$" 2>/dev/null)" ]; }
say() { echo "$*" >&2; }

update_lists() { # once
  [ -z "${lists_are_new:-}" ] || return 0
  apt-get update -qq
  lists_are_new=yes
}
install_packages() { # PACKAGE...
  say "Installing packages of this machine's distribution: $*"
  DEBIAN_FRONTEND=noninteractive DEBCONF_NOWARNINGS=yes apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

install_engine() {
  command -v apt-get >/dev/null || refuse "This machine has no Docker Engine, and only on Debian and Ubuntu can this script install one." "install Docker Engine 20.10 or newer with Compose 2.24 or newer, then run this again (https://docs.docker.com/engine/install/)"
  is_root || refuse "This machine has no Docker Engine, and installing one needs root." "sudo bash scripts/engine.sh"
  update_lists
  local packages=(docker.io iptables)
  # Since Debian 13 the client is a package of its own.
  ! apt_has docker-cli || packages+=(docker-cli)
  install_packages "${packages[@]}"
}

install_compose() {
  local plugins=/usr/local/lib/docker/cli-plugins package
  is_root || plugins=$HOME/.docker/cli-plugins
  command -v apt-get >/dev/null || refuse "Docker has no Compose plugin here, and only on Debian and Ubuntu can this script install it." "install Compose 2.24 or newer (https://docs.docker.com/compose/install/linux/)"
  if is_root; then
    update_lists
    for package in docker-compose-v2 docker-compose; do
      # In Debian 12 and older, docker-compose is Compose v1, which is no plugin.
      apt-cache policy "$package" | grep -qE '^ *Candidate: ([0-9]+:)?([2-9]|[1-9][0-9])\.' || continue
      install_packages "$package"
      return
    done
  fi
  say "Installing the Compose plugin of Debian 13 (one program, no package) as $plugins/docker-compose"
  scratch=$(mktemp -d); trap 'rm -rf "$scratch"' EXIT
  mkdir -p "$scratch/lists/partial" "$scratch/archives/partial" "$scratch/parts"
  "$here/../templates/sample-product/debian-sources.sh" trixie > "$scratch/parts/trixie.list"
  local options=(-o "Dir::State::Lists=$scratch/lists" -o "Dir::Cache=$scratch" -o Dir::Etc::SourceList=/dev/null -o "Dir::Etc::SourceParts=$scratch/parts" -o "APT::Sandbox::User=$(id -un)")
  apt-get "${options[@]}" update -qq
  (cd "$scratch" && apt-get "${options[@]}" download -qq docker-compose && dpkg -x docker-compose_*.deb unpacked)
  mkdir -p "$plugins"
  install -m 755 "$(find "$scratch/unpacked" -type f -name docker-compose -size +1M)" "$plugins/docker-compose"
}

wait_for_answer() { # SECONDS
  local deadline=$((SECONDS + $1))
  until answers; do
    [ "$SECONDS" -lt "$deadline" ] || return 1
    sleep 0.2
  done
}

may_not_use_it() {
  ! { docker info 2>&1 || true; } | grep -qi 'permission denied' ||
    refuse "A Docker Engine runs here, but $(id -un) may not use it." "sudo usermod -aG docker $(id -un), then log in again"
}

start_dockerd() {
  # An engine as it is installed has addresses for 30 networks, which a dozen instances beside others' use up: smaller networks of the same range.
  local engine=(dockerd)
  [ -f /etc/docker/daemon.json ] || engine+=(--default-address-pool base=172.16.0.0/12,size=24)
  local command=("${engine[@]}")
  # In a chroot, `docker exec` would run outside of it, because the kernel starts it at the root of the mount namespace (health checks are such runs too).
  # So the engine gets a mount namespace of its own, in which the chroot is the root; what is mounted in the chroot later is seen there too.
  if [ "$(nsenter --mount=/proc/self/ns/mnt stat -c %d:%i / 2>/dev/null || stat -c %d:%i /)" != "$(stat -c %d:%i /)" ]; then
    mount --make-shared /
    command=(nsenter --mount=/proc/self/ns/mnt --wd=/ unshare --mount --propagation slave
      sh -c 'here=$(pwd -P); mount --rbind "$here" "$here" && cd "$here" && pivot_root . mnt && cd / && umount -l /mnt && exec "$@"' sh "${engine[@]}")
  fi
  setsid "${command[@]}" >"$log" 2>&1 </dev/null &
}

start_engine() {
  [ -z "${DOCKER_HOST:-}" ] || refuse "The Docker Engine at DOCKER_HOST=$DOCKER_HOST does not answer." "unset DOCKER_HOST, or start that engine"
  is_root || refuse "A Docker Engine is installed here but does not run, and starting it needs root." "sudo bash scripts/engine.sh"
  if [ -d /run/systemd/system ]; then
    say "Starting the Docker Engine (systemctl start docker)"
    systemctl start docker || true
  elif [ -s /run/docker.pid ] && kill -0 "$(cat /run/docker.pid)" 2>/dev/null; then
    say "A Docker Engine is starting"
  else
    say "Starting the Docker Engine (dockerd, log in $log)"
    start_dockerd
  fi
  wait_for_answer 60 || refuse "The Docker Engine did not answer within 60 seconds. The end of its log: $({ [ -f "$log" ] && tail -n 3 "$log"; journalctl -u docker -n 3 --no-pager; } 2>/dev/null || true)" "docker info"
}

if ! answers; then
  may_not_use_it
  command -v docker >/dev/null && { command -v dockerd >/dev/null || [ -n "${DOCKER_HOST:-}" ]; } || install_engine
  start_engine
fi
has_compose || install_compose
has_compose || refuse "Docker finds no Compose plugin, although one was just installed." "docker compose version"
echo "Docker Engine $(docker version -f '{{.Server.Version}}'), Compose $(docker compose version --short)"
