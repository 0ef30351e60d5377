// reliability.js RUNS: docs/reliability.md on standard output, of all runs of the fault tests in the file RUNS, each of them a line of JSON.
// A run may have a note, which somebody wrote there by hand.
// reliability.js RUNS RESULTS COMMIT SEED DATE COUNTS: adds a run first, from the lines of JSON that its tests wrote.
import { appendFileSync, readFileSync } from "node:fs";

const linesOf = file =>
  readFileSync(file, "utf8")
    .split("\n")
    .filter(Boolean)
    .map(line => JSON.parse(line));
const [file, results, commit, seed, date, counts] = process.argv.slice(2);
if (results !== undefined) {
  const run = { commit, seed: Number(seed), date, counts, results: added(linesOf(results)) };
  appendFileSync(file, `${JSON.stringify(run)}\n`);
}
const runs = linesOf(file);
const lines = runs.flatMap(run => run.results);
const tried = lines.filter(({ documented }) => documented === undefined);
const byHand = lines.filter(({ documented }) => documented !== undefined);

/** Trials of one fault in one phase of one operation become one. */
function added(trials) {
  const sums = new Map();
  for (const { seed, ...trial } of trials) {
    const key = JSON.stringify({ ...trial, trials: 0, failed: 0 });
    const sum = sums.get(key);
    if (trial.documented !== undefined || sum === undefined) sums.set(trial.documented === undefined ? key : sums.size, trial);
    else sums.set(key, { ...sum, trials: sum.trials + trial.trials, failed: sum.failed + trial.failed });
  }
  return [...sums.values()];
}

const PHASES = ["prepare, lay out", "dump or copy", "restore, proof", "start inside", "front", "after the commit"];
const row = cells => `| ${cells.join(" | ")} |`;
const table = (head, rows) => [row(head), row(head.map(() => "---")), ...rows.map(row)].join("\n");
const unique = values => [...new Set(values)];
const sum = (of, key) => of.reduce((total, each) => total + each[key], 0);
const cell = of => {
  if (of.length === 0) return "";
  const failed = sum(of, "failed");
  return failed === 0 ? `${sum(of, "trials")}` : `${sum(of, "trials")}, **${failed} failed**`;
};
const outcomes = of =>
  unique(of.map(({ outcome }) => outcome))
    .map(outcome => `${of.filter(each => each.outcome === outcome).length} ${outcome}`)
    .join(", ");

function updates(operation) {
  const own = tried.filter(each => each.operation === operation);
  // The manual is about that product alone whose releases are named.
  const method = /--postgres (\w+) \(v\d/.exec(operation)?.[1];
  const manual = byHand.filter(({ documented }) => documented === method);
  const faults = unique([...own, ...manual].map(({ fault }) => fault));
  const rows = faults.map(fault => {
    const these = own.filter(each => each.fault === fault);
    const theirs = manual.filter(each => each.fault === fault);
    return [fault, ...PHASES.map(phase => cell(these.filter(each => each.phase === phase))), cell(these), outcomes(theirs)];
  });
  const manualPhases = PHASES.filter(phase => manual.some(each => each.phase === phase));
  const manualRows = unique(manual.filter(({ phase }) => phase !== "").map(({ fault }) => fault)).map(fault => [
    fault,
    ...manualPhases.map(phase => outcomes(manual.filter(each => each.fault === fault && each.phase === phase))),
  ]);
  return [
    `## ${operation}`,
    table(["fault", ...PHASES, "all", "the documented commands"], rows),
    ...(manualPhases.length === 0 ? [] : ["The documented commands, by phase:", table(["fault", ...manualPhases], manualRows)]),
  ];
}

function others(operation) {
  const own = tried.filter(each => each.operation === operation);
  const rows = unique(own.map(({ fault }) => fault)).map(fault => {
    const these = own.filter(each => each.fault === fault);
    return [fault, `${sum(these, "trials")}`, `${sum(these, "failed")}`];
  });
  return [`## ${operation}`, table(["fault", "trials", "failed"], rows)];
}

const all = unique(tried.map(({ operation }) => operation));
console.log(
  [
    "# What was cut off, and how it ended",
    `Written by \`npm run test:faults\`. In all ${sum(tried, "trials")} trials, ${sum(tried, "failed")} failed.`,
    table(
      ["commit", "date", "seed", "counts", "trials", "failed", ""],
      runs.map(run => {
        const own = run.results.filter(({ documented }) => documented === undefined);
        return [run.commit, run.date, run.seed, run.counts, sum(own, "trials"), sum(own, "failed"), run.note ?? ""];
      }),
    ),
    `## How to read this

In every trial a fault meets an operation at a moment of its own. Then the fault is taken away and somebody types \`graph-mgr resume\` (in one half of the trials) or \`graph-mgr undo\`
(in the other), where the operation has not put everything back by itself. The trial passes when that ends with exactly one release serving on the public port: its rows and
files are all there, no container of the other release runs, nothing is unfinished, nothing that was made on the way is left on the engine or in the home, the
old folder is byte for byte what it was, after an undo the old database is row for row what it was, and no password stands in what operations write about themselves. Everything else counts as failed.

Kills, an engine that is silent, a full disk under the home, killed containers, wrong passwords and taken ports meet updates of a small product: three services, Postgres 15, rows, a folder and a volume of
files, v1.0.0 to v1.1.0, so that many trials fit into an hour. What meets the whole machine, and the documented commands, have the product that the manual is about: v2.22.2 to v2.23.0, with an account and a dataset.

A number is how many times that was tried, in all of the runs above; *failed* stands beside it where it did not pass. An empty place was not tried, most often because there is nothing to be met: a copy has no restore, and a port can
be taken only while nobody listens on it.

| phase | what the update does in it |
|---|---|
| prepare, lay out | unpacks the bundle, loads images, merges the configuration, makes folder and volumes; the old release serves |
| dump or copy | stops what writes, puts up the maintenance page, dumps the database or copies its volume, carries folders |
| restore, proof | starts the new Postgres, restores, compares everything (a copy is proven where it is made) |
| start inside | starts the new application where nobody reaches it; its own migrations run |
| front | takes the page down, opens the public ports, waits for an answer |
| after the commit | switches \`current\`, clears away what is needed no more |

**The documented commands** are the vendor's manual, as a script (\`test/integration/support/documented-update.sh\`, which says what had to be corrected so that it runs at all), met by the same faults in its own
phases. After the fault the commands are typed again from the first, and whoever types stops at the first that says that it failed. *fine*: the new release serves everything. *old serves*: the old one does, and the update has not happened. *none serves*: nobody is served until somebody goes back
by hand. *half*: a release serves without all of the data, and going back by hand is possible. *both run*: containers of both releases run. *data lost*: not even going back by hand brings everything.`,
    ...all.filter(name => name.startsWith("update")).flatMap(updates),
    ...all.filter(name => !name.startsWith("update")).flatMap(others),
  ].join("\n\n"),
);
