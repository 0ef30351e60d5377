#!/usr/bin/env bash
# faults.sh: `npm run test:faults`. Every fault at its full count on the real engine, which takes hours, and the table of it in docs/reliability.md:
# what was tried how often, on which commit, with which seed. FAULTS_SEED repeats a run; FAULTS=sample tries the few that `npm test` tries.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export FAULTS=${FAULTS:-full} FAULTS_SEED=${FAULTS_SEED:-$((RANDOM * 32768 + RANDOM))}
FAULTS_RESULTS=$(mktemp); export FAULTS_RESULTS; trap 'rm -f "$FAULTS_RESULTS"' EXIT

bash scripts/dependencies.sh
bash scripts/engine.sh
status=0
node_modules/.bin/vitest run --project integration kill-boundaries kill-random disk-full || status=$?
[ -s "$FAULTS_RESULTS" ] || { echo "faults.sh: nothing was tried, so there is no table to write." >&2; exit 1; }

{
  echo "# What was cut off, and how it ended"
  echo
  echo "Written by \`npm run test:faults\`. A trial passes when the operation, cut off by the fault, could be resumed or undone to a"
  echo "clean end: serving, or with nothing left over, and the source of a copy untouched."
  echo
  echo "Commit $(git rev-parse --short HEAD), seed $FAULTS_SEED, $(date -u +%Y-%m-%d), counts: $FAULTS."
  echo
  echo "| fault | operation | trials | failed |"
  echo "|---|---|---|---|"
  node -e '
    for (const line of require("fs").readFileSync(process.argv[1], "utf8").split("\n").filter(Boolean)) {
      const { fault, operation, trials, failed } = JSON.parse(line);
      console.log(`| ${fault} | ${operation} | ${trials} | ${failed} |`);
    }' "$FAULTS_RESULTS"
} > docs/reliability.md
cat docs/reliability.md
exit "$status"
