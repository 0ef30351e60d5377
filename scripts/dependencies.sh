#!/usr/bin/env bash
# dependencies.sh: the npm packages of package-lock.json, installed only where they are missing or older than it. Quiet when there is nothing to do.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
command -v node >/dev/null && node -e 'const [major, minor] = process.versions.node.split(".").map(Number); process.exit(major > 20 || (major === 20 && minor >= 19) ? 0 : 1)' ||
  { printf 'graph-mgr needs Node.js 20.19 or newer, and here is %s.\nTry: install it from https://nodejs.org\n' "$(node --version 2>/dev/null || echo none)" >&2; exit 1; }
# npm writes this file last.
done=node_modules/.package-lock.json
[ -f "$done" ] && [ ! package-lock.json -nt "$done" ] && exit 0
# npm empties what a link leads to, and others may live from that.
[ ! -L node_modules ] || { printf 'node_modules is a link to %s, which is older than package-lock.json.\nTry: run `npm ci` where it leads to, or remove the link\n' "$(readlink node_modules)" >&2; exit 1; }
echo "Installing the npm packages of package-lock.json into node_modules" >&2
npm ci --no-audit --no-fund --loglevel=error >/dev/null
touch "$done"
