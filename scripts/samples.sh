#!/usr/bin/env bash
# samples.sh BUNDLE...: the sample bundles of these names (graphistry-v2.22.2, tiny-v1.0.0, ...), made where they are missing or were made by an earlier version of
# templates/sample-product. Prints the path of each. They are kept in $GRAPH_MGR_SAMPLES, by default ~/.cache/graph-mgr/samples. Needs a Docker Engine to make them.
set -euo pipefail
product=$(cd "$(dirname "${BASH_SOURCE[0]}")/../templates/sample-product" && pwd)
folder=${GRAPH_MGR_SAMPLES:-$HOME/.cache/graph-mgr/samples}
mkdir -p "$folder"
# Two runs at the same time make each bundle once.
if command -v flock >/dev/null; then exec 9<"$folder"; flock 9; fi

recipe=$(cd "$product" && find . -type f ! -name README.md | LC_ALL=C sort | xargs cat | cksum)
is_there() { # BUNDLE; one without a note of its recipe was put there by hand and is taken as it is
  [ -f "$folder/$1.tar.gz" ] && { [ ! -f "$folder/.$1.recipe" ] || [ "$(cat "$folder/.$1.recipe")" = "$recipe" ]; }
}

releases=() tiny=() missing=()
for bundle in "$@"; do
  case $bundle in
    graphistry-v*) ;;
    tiny-v*) ;;
    *) echo "samples.sh: no sample bundle $bundle" >&2; exit 2 ;;
  esac
  is_there "$bundle" && continue
  missing+=("$bundle")
  case $bundle in graphistry-*) releases+=("${bundle#graphistry-}") ;; tiny-*) tiny+=("${bundle#tiny-}") ;; esac
done
if [ ${#missing[@]} -gt 0 ]; then
  echo "Making ${missing[*]} in $folder (a minute or two the first time)" >&2
  # The ports of a bundle in the cache are the vendor's, whatever this shell has set.
  unset HTTP_PORT HTTPS_PORT TINY_PORT
  [ ${#releases[@]} -eq 0 ] || "$product/make.sh" "$folder" "${releases[@]}" >&2
  [ ${#tiny[@]} -eq 0 ] || for version in "${tiny[@]}"; do "$product/make-tiny.sh" "$folder" "$version" >&2; done
  for bundle in "${missing[@]}"; do echo "$recipe" > "$folder/.$bundle.recipe"; done
fi
for bundle in "$@"; do echo "$folder/$bundle.tar.gz"; done
