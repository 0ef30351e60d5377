#!/usr/bin/env bash
# package.sh [--as-built] [FOLDER]: `npm run package`. What is passed on, in FOLDER (dist-package unless named): graph-mgr-VERSION.tgz for
# `npm install -g FILE`, and graph-mgr_VERSION_all.deb for machines that have Debian's tools and no npm; with --as-built of dist as it is. Neither needs a registry where it is installed: the program is one with
# what it is made of. The same commit gives the same bytes (SOURCE_DATE_EPOCH, the time of the commit unless set). Needs npm, tar, dpkg-deb.
set -euo pipefail
umask 022
cd "$(dirname "${BASH_SOURCE[0]}")/.."
built=; [ "${1:-}" = --as-built ] && { built=yes; shift; }
out=$(realpath -m "${1:-dist-package}")
export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)} LC_ALL=C
[ -n "$built" ] || { bash scripts/dependencies.sh; bash scripts/build.sh; }
version=$(node -p 'require("./package.json").version')
mkdir -p "$out"
npm pack --silent --ignore-scripts --pack-destination "$out" >/dev/null

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
tar -C "$work" -xf "$out/graph-mgr-$version.tgz"
from=$work/package root=$work/root
lib=$root/usr/lib/graph-mgr share=$root/usr/share
doc=$share/doc/graph-mgr
mkdir -p "$lib" "$doc" "$root/usr/bin" "$share/man/man1" "$root/DEBIAN"
mv "$from/dist" "$from/templates" "$from/package.json" "$lib/"
ln -s ../lib/graph-mgr/dist/graph-mgr.js "$root/usr/bin/graph-mgr"
gzip -9n < "$from/man/graph-mgr.1" > "$share/man/man1/graph-mgr.1.gz"
mv "$from/README.md" "$from/SECURITY.md" "$from/CHANGELOG.md" "$from/docs" "$doc/"
# The maintainer of a package is who makes it.
maintainer="${DEBFULLNAME:-$(git log -1 --format=%an)} <${DEBEMAIL:-$(git log -1 --format=%ae)}>"
gzip -9n > "$doc/changelog.gz" <<CHANGELOG
graph-mgr ($version) unstable; urgency=medium

  * What is new stands in CHANGELOG.md.

 -- $maintainer  $(date -u -R -d "@$SOURCE_DATE_EPOCH")
CHANGELOG
while read -r shell file; do
  mkdir -p "$share/${file%/*}"
  node dist/graph-mgr.js completion "$shell" --home "$work" > "$share/$file"
done <<'FILES'
bash bash-completion/completions/graph-mgr
zsh zsh/vendor-completions/_graph-mgr
fish fish/vendor_completions.d/graph-mgr.fish
FILES

license=$(node -p 'require("./package.json").license')
cat > "$doc/copyright" <<COPYRIGHT
Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: graph-mgr
Comment: What the program takes in, and its licences: /usr/lib/graph-mgr/dist/THIRD-PARTY-LICENSES

Files: *
Copyright: $(date -u -d "@$SOURCE_DATE_EPOCH" +%Y) the authors of graph-mgr
License: $license

License: $license
 On Debian systems the text is in /usr/share/common-licenses/$license.
COPYRIGHT

cat > "$root/DEBIAN/control" <<CONTROL
Package: graph-mgr
Version: $version
Architecture: all
Maintainer: $maintainer
Installed-Size: $(du -sk --apparent-size "$root/usr" | cut -f1)
Depends: nodejs (>= $(node -p 'require("./package.json").engines.node.replace(/[^0-9.]/g, "")'))
Recommends: docker-ce | docker.io | moby-engine, docker-compose-plugin | docker-compose-v2 | moby-compose
Suggests: bash-completion, openssh-client, restic, zstd
Section: admin
Priority: optional
Description: install, update, back up and move Docker Compose releases
 graph-mgr runs a product that its vendor ships as a Docker Compose bundle, on
 your own server, also without internet. It says what it is going to do before
 it does it, it can be cut off at any moment, and the old release, its folder
 and its data are never written.
CONTROL
chmod -R u+rwX,go+rX,go-w "$root"
find "$root" -type f -not -path '*/templates/*.sh' -not -name graph-mgr.js -exec chmod a-x {} +
chmod 755 "$lib/dist/graph-mgr.js"
(cd "$root" && find usr -type f | sort | xargs -d '\n' md5sum > DEBIAN/md5sums)
find "$root" -exec touch --no-dereference --date="@$SOURCE_DATE_EPOCH" {} +
dpkg-deb --root-owner-group -Zxz --build "$root" "$out/graph-mgr_${version}_all.deb" >/dev/null
printf '%s\n' "$out/graph-mgr-$version.tgz" "$out/graph-mgr_${version}_all.deb"
