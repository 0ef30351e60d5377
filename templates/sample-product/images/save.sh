#!/usr/bin/env bash
# save.sh FILE MAKER VENDOR IMAGE...: saves the images MAKER/IMAGE as a tar in which they are named VENDOR/IMAGE, without the engine ever having a tag VENDOR/IMAGE.
set -euo pipefail
file=$1 maker=$2 vendor=$3; shift 3
unpacked=$(mktemp -d "$file.XXXXXX"); trap 'rm -rf "$unpacked"' EXIT
docker save "${@/#/$maker/}" | tar -C "$unpacked" -xf -
for index in manifest.json repositories index.json; do
  [ -f "$unpacked/$index" ] || continue
  sed "s#$maker/#$vendor/#g" "$unpacked/$index" > "$unpacked.index"
  mv "$unpacked.index" "$unpacked/$index"
done
(cd "$unpacked" && tar -cf "$file" *)
