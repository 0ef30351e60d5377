#!/usr/bin/env bash
# faults.sh: `npm run test:faults`. Every fault at its full count on the real engine, which takes many hours, and the table of it in docs/reliability.md:
# what was tried how often, on which commit, with which seed, and what came of the documented manual commands. FAULTS_SEED repeats a run; FAULTS=sample
# tries a few of each in about two hours. What needs an engine of its own is left out, with a word, without root. FAULTS_RESULTS=FILE keeps the
# single results, and FAULTS_ONLY="update-kills ..." runs only these test files. With FAULTS_ADD=1 the table has what earlier runs found as well
# (docs/reliability.jsonl), so that the whole can be done in parts, and a run that is interrupted is one of them. FAULTS_PART=2/5 does the second of
# five parts: with one FAULTS_SEED, the five together are the whole. The documented commands are tried once each, whatever part it is.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export FAULTS=${FAULTS:-full} FAULTS_SEED=${FAULTS_SEED:-$((RANDOM * 32768 + RANDOM))}
temporary=
if [ -z "${FAULTS_RESULTS:-}" ]; then temporary=$(mktemp); FAULTS_RESULTS=$temporary; fi
export FAULTS_RESULTS
shared=() private=()
for test in ${FAULTS_ONLY:-kill-boundaries kill-random disk-full update-kills update-faults backup-kills migrate-faults update-machine update-documented}; do
  case $test in update-machine | update-documented) private+=("$test") ;; *) shared+=("$test") ;; esac
done

commit=$(git rev-parse --short HEAD) ended="cut off before their end"
written() {
  [ -s "$FAULTS_RESULTS" ] || { echo "faults.sh: nothing was tried, so there is no table to write." >&2; exit 1; }
  [ -n "${FAULTS_ADD:-}" ] || : > docs/reliability.jsonl
  node scripts/reliability.js docs/reliability.jsonl "$FAULTS_RESULTS" "$commit" "$FAULTS_SEED" "$(date -u +%Y-%m-%d)" \
    "$FAULTS${FAULTS_PART:+, part $FAULTS_PART}, $ended" > docs/reliability.md
  cat docs/reliability.md
  [ -z "$temporary" ] || rm -f "$temporary"
}
trap written EXIT

bash scripts/dependencies.sh
bash scripts/engine.sh
status=0
[ ${#shared[@]} -eq 0 ] || node_modules/.bin/vitest run --project integration "${shared[@]}" || status=$?
if [ ${#private[@]} -gt 0 ]; then
  if [ "$(id -u)" = 0 ]; then
    # One after the other: each has a network in which there is one engine.
    for test in "${private[@]}"; do
      bash scripts/private-engine.sh node_modules/.bin/vitest run --project integration "$test" || status=$?
    done
  else
    echo "faults.sh: without root, nothing is tried on an engine and a disk of its own: ${private[*]}" >&2
  fi
fi

# Above 128 something was ended by a signal.
[ "$status" -gt 128 ] || ended="to their end"
exit "$status"
