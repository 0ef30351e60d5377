import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, expect, it } from "vitest";
import { BIN, TestHome } from "./support/cli.ts";
import { linesOf, README_WAYS, type Way } from "./support/guide-lines.ts";
import { SmallProduct } from "./support/small-product.ts";

/** What the README tells an operator to type is typed, in its order, on the real engine; the table in support/guide-lines.ts says how. */
const root = resolve(import.meta.dirname, "../..");
const [, behind = ""] = (await readFile(join(root, "README.md"), "utf8")).split("## First steps\n");
const [firstSteps = ""] = behind.split("\n## ");

let small: SmallProduct;
let folder: string;
beforeAll(async () => {
  small = await SmallProduct.make();
  folder = await mkdtemp(join(tmpdir(), "graph-mgr-test-guide-"));
  const bin = join(folder, "bin");
  await mkdir(bin);
  await writeFile(join(bin, "graph-mgr"), `#!/bin/sh\nexec "${process.execPath}" "${BIN}" "$@"\n`);
  await chmod(join(bin, "graph-mgr"), 0o755);
});
afterAll(async () => {
  await small?.remove();
  await rm(folder, { recursive: true, force: true });
});

it("each line of the first steps is in the table, in its order", () => {
  expect(linesOf(firstSteps)).toEqual(README_WAYS.map(({ line }) => line));
});

/** A folder where an operator is, with the bundles that the pages name. */
async function workFolder(): Promise<string> {
  const work = join(folder, "work");
  await mkdir(work);
  for (const release of ["v2.22.2", "v2.23.0"]) {
    const bundle = await small.bundle(release);
    await execa("tar", ["-C", bundle, "-czf", join(work, `graphistry-${release}.tar.gz`), "."]);
  }
  return work;
}

/** The names of this run in the place of those of the page. */
const inPlace = (text: string, home: TestHome): string =>
  text
    .replaceAll("v2.22.2-training", `v2.22.2-${home.suffix}t`)
    .replaceAll("--name training", `--name ${home.suffix}t`)
    .replaceAll(/(?<!graphistry-)v2\.22\.2(?![-.\w])/g, `v2.22.2-${home.suffix}`)
    .replaceAll("NAME", home.suffix)
    .replaceAll("HOME/", `${home.path}/`);

async function type({ line, more = "", before = [] }: Way, home: TestHome, work: string): Promise<void> {
  const env = { PATH: `${join(folder, "bin")}:${process.env["PATH"]}`, GRAPH_MGR_HOME: home.path };
  for (const words of [...before, more === "" ? line : `${line} ${more}`]) {
    const command = inPlace(words, home);
    const { exitCode, all } = await execa("bash", ["-c", command], { cwd: work, env, all: true, reject: false, stdin: "ignore" });
    if (exitCode !== 0) throw new Error(`${command}\nexit ${exitCode}\n${all}`);
  }
}

it("every line of the first steps does what it is there for", { timeout: 1_500_000 }, async () => {
  const home = await TestHome.make();
  try {
    const work = await workFolder();
    for (const way of README_WAYS.filter(({ elsewhere }) => elsewhere === undefined)) await type(way, home, work);
    const { operations } = await home.json<{ operations: readonly { kind: string; outcome: string }[] }>("operations");
    expect(operations.map(({ kind, outcome }) => `${kind} ${outcome}`).slice(-2)).toEqual(["copy done", "copy undone"]);
    expect(operations.filter(({ outcome }) => outcome === "unfinished")).toEqual([]);
  } finally {
    await home.remove();
  }
});
