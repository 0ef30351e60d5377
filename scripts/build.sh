#!/usr/bin/env bash
# build.sh: the program in dist/, quietly; what the build prints is shown only when it fails.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
output=$(npm run --silent build 2>&1) || { echo "$output" >&2; exit 1; }
