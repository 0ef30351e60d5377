#!/usr/bin/env bash
# test.sh [TEST...]: `npm test`: every unit test and, of the integration tests, those with the tag "usual". With TESTS=all (`npm run test:all`) every
# one of them; with TESTS=story (`npm run test:story`) only the operator's story, without hazards and faults. It brings everything that the tests
# need, then runs the unit tests, then the integration tests on a real Docker Engine. With names of test files, only those. The last line says how
# many passed and failed.
set -euo pipefail
export TESTS=${TESTS:-usual}
# Test files that are named run whatever they belong to.
[ $# -eq 0 ] || TESTS=all
cd "$(dirname "${BASH_SOURCE[0]}")/.."
results=$(mktemp -d); trap 'rm -rf "$results"' EXIT

failed=0
project() { # NAME TEST...: one of vitest's projects; its counts go to a file
  local name=$1; shift
  echo; echo "== $name tests"
  node_modules/.bin/vitest run --project "$name" --reporter=default --reporter=json --outputFile.json="$results/$name.json" "$@" || failed=1
}
count() { node -e '
  const files = process.argv.slice(2).filter(file => require("fs").existsSync(file));
  console.log(files.reduce((sum, file) => sum + JSON.parse(require("fs").readFileSync(file, "utf8"))[process.argv[1]], 0));' "$1" "$results"/*.json; }

bash scripts/dependencies.sh
bash scripts/build.sh
unit=() integration=()
for test in "$@"; do case $test in test/integration/*) integration+=("$test") ;; *) unit+=("$test") ;; esac; done

if [ $# -eq 0 ] || [ ${#unit[@]} -gt 0 ]; then project unit ${unit[@]+"${unit[@]}"}; fi
if [ $# -eq 0 ] || [ ${#integration[@]} -gt 0 ]; then
  docker info >/dev/null 2>&1 || echo "No Docker Engine answers here: the integration tests need one, so it is installed now."
  bash scripts/engine.sh
  # The sample bundles are made by the tests' own set-up (test/integration/setup.ts), so that single tests can be run without this script.
  usual=(); [ "$TESTS" != usual ] || usual=(--tagsFilter usual)
  project integration ${usual[@]+"${usual[@]}"} ${integration[@]+"${integration[@]}"}
fi

failures() { node -e '
  for (const file of process.argv.slice(1).filter(file => require("fs").existsSync(file)))
    for (const { name, message, assertionResults } of JSON.parse(require("fs").readFileSync(file, "utf8")).testResults) {
      const failed = assertionResults.filter(({ status }) => status === "failed");
      for (const test of failed) console.log(`FAILED ${name}: ${test.fullName}\n${test.failureMessages.join("\n").slice(0, 2000)}\n`);
      if (failed.length === 0 && message) console.log(`FAILED ${name}: ${message.slice(0, 2000)}\n`);
    }' "$results"/*.json; }
passed=$(count numPassedTests); not_passed=$(count numFailedTests)
# Once more at the end: of a long output the end is what is kept.
echo; failures
# A test file that cannot even be read counts as a failure, although none of its tests ran.
[ "$failed" = 0 ] || [ "$not_passed" -gt 0 ] || not_passed=1
echo; echo "$passed passed, $not_passed failed"
exit "$failed"
