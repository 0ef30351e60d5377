import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { generateIdentity, identityToRecipient } from "age-encryption";
import { execa } from "execa";
import { afterAll, beforeAll, expect, it } from "vitest";
import { BIN, TestHome } from "./support/cli.ts";
import { randomPort } from "./support/engine.ts";
import { GUIDE_WAYS, linesOf, README_WAYS, type Way } from "./support/guide-lines.ts";
import { SmallProduct } from "./support/small-product.ts";

/** What the pages tell an operator to type is typed, in their order, on the real engine; the table in support/guide-lines.ts says how. */
const root = resolve(import.meta.dirname, "../..");
const [, firstSteps = ""] = (await readFile(join(root, "README.md"), "utf8")).split("## First steps\n");
const [readme = ""] = firstSteps.split("\n## ");
const guide = await readFile(join(root, "docs/guide.md"), "utf8");

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

it.each([
  ["README.md, First steps", readme, README_WAYS],
  ["docs/guide.md", guide, GUIDE_WAYS],
])("each line of %s is in the table, in its order", (_, page, ways) => {
  expect(linesOf(page)).toEqual(ways.map(({ line }) => line));
});

it("each test that a line is left to is there", async () => {
  for (const { elsewhere } of [...README_WAYS, ...GUIDE_WAYS])
    for (const [path] of (elsewhere ?? "").matchAll(/(test|scripts)\/\S+\.(test\.ts|sh)/g)) await readFile(join(root, path));
});

/** A folder where an operator is, with what the pages presuppose. */
async function workFolder(name: string): Promise<string> {
  const work = join(folder, name);
  for (const each of [work, join(work, "usb")]) await mkdir(each, { recursive: true });
  for (const release of ["v2.22.2", "v2.23.0"]) {
    const bundle = await small.bundle(release);
    await execa("tar", ["-C", bundle, "-czf", join(work, `graphistry-${release}.tar.gz`), "."]);
  }
  const identity = await generateIdentity();
  const files = { "key.txt": identity, recipient: await identityToRecipient(identity), words: "eleven small boats at noon" };
  for (const [file, text] of Object.entries({ ...files, "my-settings.env": "EXTRA=1" }))
    await writeFile(join(work, file), `${text}\n`, { mode: 0o600 });
  return work;
}

/** The names of this run in the place of those of the pages. */
function inPlace(text: string, home: TestHome, work: string): string {
  return text
    .replaceAll("v2.22.2-training", `v2.22.2-${home.suffix}t`)
    .replaceAll("--name training", `--name ${home.suffix}t`)
    .replaceAll(/(?<!graphistry-)v2\.22\.2(?![-.\w])/g, `v2.22.2-${home.suffix}`)
    .replaceAll("NAME", home.suffix)
    .replaceAll("PORT", String(randomPort()))
    .replaceAll("/mnt/usb", `${work}/usb`)
    .replaceAll("~/graphistry", home.path)
    .replaceAll("HOME/", `${home.path}/`)
    .replaceAll("WORK", work);
}

async function type({ line, more = "", instead = {}, before = [], input, exits = [] }: Way, home: TestHome, work: string) {
  const env = { PATH: `${join(folder, "bin")}:${process.env["PATH"]}`, GRAPH_MGR_HOME: home.path };
  const run = async (words: string, allowed: readonly number[]) => {
    const command = inPlace(words, home, work);
    const { exitCode, all } = await execa("bash", ["-c", command], {
      cwd: work,
      env,
      all: true,
      reject: false,
      ...(input === undefined ? { stdin: "ignore" } : { input }),
    });
    if (exitCode === undefined || ![0, ...allowed].includes(exitCode)) throw new Error(`${command}\nexit ${exitCode}\n${all}`);
  };
  for (const words of before) await run(words, []);
  const said = Object.entries(instead).reduce((text, [from, to]) => text.replaceAll(from, () => to), line);
  await run(more === "" ? said : `${said} ${more}`, exits);
}

it.each([
  ["README.md, First steps", README_WAYS],
  ["docs/guide.md", GUIDE_WAYS],
])("every line of %s does what it is there for", { timeout: 1_500_000 }, async (name, ways) => {
  const home = await TestHome.make();
  try {
    const work = await workFolder(name.replaceAll(/\W/g, "-"));
    for (const way of ways.filter(({ elsewhere }) => elsewhere === undefined)) await type(way, home, work);
    expect(
      (await home.json<{ operations: readonly { outcome: string }[] }>("operations")).operations.filter(
        ({ outcome }) => outcome === "unfinished",
      ),
    ).toEqual([]);
  } finally {
    await home.remove();
  }
});
