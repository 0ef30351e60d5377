#!/usr/bin/env bash
# base.sh MAJOR: makes the image gm/base:pgMAJOR (15 or 17) with Postgres, Caddy, Node.js and busybox, unless the engine has it.
# From a public Debian image where one can be pulled, from Debian packages where not (root needed); both from the same list of packages.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
major=${1:?usage: base.sh MAJOR}
image=${SAMPLE_BASE:-gm/base}:pg$major
case $major in 15) suite=bookworm ;; 17) suite=trixie ;; *) echo "base.sh: no base image for Postgres $major, only for 15 and 17" >&2; exit 2 ;; esac
public=debian:$suite-slim
packages="postgresql-$major caddy nodejs busybox-static"
path=/usr/lib/postgresql/$major/bin:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin

docker image inspect "$image" >/dev/null 2>&1 && exit 0
scratch=$(mktemp -d); trap 'rm -rf "$scratch"' EXIT

# An engine that cannot reach a registry says so within seconds; the limit is for one that crawls.
limited() { if command -v timeout >/dev/null; then timeout 120 "$@"; else "$@"; fi; }

from_public_image() { # prints the image's id
  docker image inspect "$public" >/dev/null 2>&1 || limited docker pull -q "$public" >/dev/null || return 1
  # The classic builder knows the engine's own images whatever builder is set up; newer engines may have only the other one.
  local arguments=(--build-arg FROM="$public" --build-arg MAJOR="$major" --build-arg PACKAGES="$packages"
    --build-arg http_proxy --build-arg https_proxy --build-arg no_proxy --iidfile "$scratch/id" "$here/images/base")
  DOCKER_BUILDKIT=0 docker build -q "${arguments[@]}" >/dev/null || docker build -q "${arguments[@]}" >/dev/null || return 1
  cat "$scratch/id"
}

from_packages() { # prints the image's id
  [ "$(id -u)" = 0 ] || { echo "base.sh: $public cannot be pulled, and making $image from Debian packages needs root" >&2; return 1; }
  command -v apt-get >/dev/null || { echo "base.sh: $public cannot be pulled, and this machine has no apt to make $image from Debian packages" >&2; return 1; }
  # Two base images may be made at the same time, but apt knows only one user.
  flock "$here/base.sh" bash -euc 'command -v mmdebstrap >/dev/null && exit; echo "Installing the Debian packages mmdebstrap and debian-archive-keyring, to make base images with." >&2
    apt-get update -qq; DEBIAN_FRONTEND=noninteractive DEBCONF_NOWARNINGS=yes apt-get install -y -qq --no-install-recommends mmdebstrap debian-archive-keyring >/dev/null' || return 1
  "$here/debian-sources.sh" "$suite" |
    mmdebstrap --quiet --mode=root --variant=essential --include="${packages// /,}" \
      --aptopt='Acquire::Languages "none"' --dpkgopt=force-unsafe-io \
      --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
      --customize-hook="sh '$here/images/base/trim.sh' \"\$1\"" "$suite" - - |
    docker import --change "ENV PATH=$path LANG=C.UTF-8" -
}

keeps_contract() { # IMAGE
  docker run --rm --network none --entrypoint sh "$1" -ec "
    for program in postgres initdb pg_ctl psql pg_dump pg_dumpall pg_restore pg_controldata; do \$program --version | grep -q '(PostgreSQL) $major[.]'; done
    caddy version; node -e 0; wget --help 2>&1 | grep -q BusyBox; setpriv --version; id postgres; test -d /backups" >/dev/null
}

# It gets its name only when it is whole: a name is taken for a finished image by the next run.
if id=$(from_public_image 2>"$scratch/why") && keeps_contract "$id"; then
  origin=$public
else
  id=$(from_packages) || { sed 's/^/  /' "$scratch/why" >&2; exit 1; }
  keeps_contract "$id" || { docker rmi "$id" >/dev/null; echo "base.sh: what was made from Debian packages is no whole $image" >&2; exit 1; }
  origin="Debian packages ($public cannot be pulled or built on here)"
fi
docker tag "$id" "$image"
echo "$image, from $origin"
