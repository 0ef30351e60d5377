// mutations.js [NAME...]: `npm run test:mutations`. Plants each fault of test/mutations/ in a copy of the sources, runs the test that its patch names, and
// wants that test to fail. Exits 1 when a fault survives, when a patch no longer applies, or when its test does not pass without it.
// With parts of names, only those faults.
import { execFile, execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
const root = resolve(import.meta.dirname, "..");
const folder = join(root, "test/mutations");

/** The sources as they are now, committed or not, in a folder of their own. */
function copySources() {
  const copy = mkdtempSync(join(tmpdir(), "graph-mgr-mutations-"));
  const listed = execFileSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], {
    cwd: root,
    encoding: "utf8",
  });
  for (const path of listed.split("\0").filter(name => name !== "")) {
    try {
      cpSync(join(root, path), join(copy, path), { recursive: true });
    } catch (error) {
      // Listed, and deleted since.
      if (error.code !== "ENOENT") throw error;
    }
  }
  symlinkSync(join(root, "node_modules"), join(copy, "node_modules"));
  return copy;
}

function readMutation(file) {
  const text = readFileSync(join(folder, file), "utf8");
  const [what = ""] = text.split("\n", 1);
  const header = /^# test: (\S+) -t "(.+)"$/m.exec(text);
  if (header === null) throw new Error(`${file} does not name its test: # test: FILE -t "NAME"`);
  const [, test, name] = header;
  return { fault: file.replace(/\.patch$/, ""), file, what, test, name };
}

/** What became of the tests of one file whose names begin with a text, or of all. */
async function testsOf(copy, test, name) {
  const pattern = name === undefined ? [] : ["--testNamePattern", name.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&")];
  const project = test.startsWith("test/integration/") ? "integration" : "unit";
  const report = join(copy, `report-${process.hrtime.bigint()}.json`);
  const args = ["run", "--project", project, test, ...pattern, "--reporter=json", `--outputFile=${report}`, "--bail=1"];
  await run(join(copy, "node_modules/.bin/vitest"), args, { cwd: copy, maxBuffer: 2 ** 28, timeout: 900_000 }).catch(
    () => undefined,
  );
  const { testResults } = JSON.parse(readFileSync(report, "utf8"));
  return testResults
    .flatMap(({ assertionResults }) => assertionResults)
    .filter(({ status }) => status === "passed" || status === "failed");
}

const apply = (copy, { file }, ...flags) =>
  execFileSync("git", ["apply", "--whitespace=nowarn", ...flags, join(folder, file)], {
    cwd: copy,
    // The copy is no repository, wherever the temporary folder is.
    env: { ...process.env, GIT_DIR: join(copy, ".none"), GIT_CEILING_DIRECTORIES: dirname(copy) },
    stdio: ["ignore", "ignore", "pipe"],
  });

async function judge(copy, mutation) {
  const { test, name } = mutation;
  const sound = await testsOf(copy, test, name);
  if (sound.length === 0) return "NO SUCH TEST";
  if (sound.some(({ status }) => status === "failed")) return "FAILS WITHOUT IT";
  try {
    apply(copy, mutation);
  } catch (error) {
    return `DOES NOT APPLY: ${String(error.stderr).trim().split("\n")[0]}`;
  }
  try {
    const planted = await testsOf(copy, test, name);
    if (planted.length === 0) return "DOES NOT EVEN LOAD";
    return planted.some(({ status }) => status === "failed") ? "caught" : "SURVIVES";
  } finally {
    apply(copy, mutation, "--reverse");
  }
}

const wanted = process.argv.slice(2);
const mutations = readdirSync(folder)
  .filter(name => name.endsWith(".patch") && (wanted.length === 0 || wanted.some(part => name.includes(part))))
  .sort()
  .map(readMutation);
const left = [...mutations];
const verdicts = new Map();
await Promise.all(
  Array.from({ length: Math.min(availableParallelism(), mutations.length) }, async () => {
    const copy = copySources();
    try {
      for (let next = left.shift(); next !== undefined; next = left.shift()) {
        verdicts.set(next.fault, await judge(copy, next));
        process.stderr.write(verdicts.get(next.fault) === "caught" ? "." : `\n${next.fault}: ${verdicts.get(next.fault)}\n`);
      }
    } finally {
      rmSync(copy, { recursive: true, force: true });
    }
  }),
);
process.stderr.write("\n");
const width = Math.max(...mutations.map(({ fault }) => fault.length));
for (const { fault, what, test } of mutations)
  console.log(`${verdicts.get(fault).padEnd(8)} ${fault.padEnd(width)}  ${what}  (${test})`);
const caught = mutations.filter(({ fault }) => verdicts.get(fault) === "caught").length;
console.log(`\n${caught} of ${mutations.length} planted faults are caught`);
process.exitCode = caught === mutations.length && caught > 0 ? 0 : 1;
