#!/usr/bin/env bash
# debian-sources.sh SUITE: apt sources for a Debian suite, one entry a line, from the mirrors that this machine itself uses
# (whichever format they are written in).
set -euo pipefail
suite=${1:?usage: debian-sources.sh SUITE}
signed="deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg]"

own() {
  local here
  here=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
  [ -n "$here" ] || return 0
  # Not only lists that were fetched: a fresh machine has none. Other vendors' repositories name Debian's suites too, hence the path.
  apt-get -o APT::Get::IndexTargets::OnlyPresent=false indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' 2>/dev/null |
    sort -u | grep -E "/debian(-security)?(/[^ ]*)? $here(-updates|-security)? main$" | sed "s| $here| $suite|; s|^|$signed |"
}

entries=$(own || true)
[ -n "$entries" ] || { echo "debian-sources.sh: this machine uses no Debian mirror, so packages of $suite cannot be had here." >&2; exit 1; }
echo "$entries"
