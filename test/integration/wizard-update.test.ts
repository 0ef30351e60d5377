import { chmod, copyFile, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Plan } from "../../src/plan/plan.ts";
import { bundle } from "./support/bundles.ts";
import { BIN, TestHome } from "./support/cli.ts";
import { amount, randomFor, sample } from "./support/faults.ts";
import { KEYS, Terminal } from "./support/pty.ts";

const { enter, down, ctrlC } = KEYS;
const NAME = "graphistry-v2.23.0.tar.gz";
const RELEASE = "to which release?";
const KEY = ".env:JWT_EXPIRATION_DELTA: whose shall it be?";
const TEXT = "Caddyfile: whose shall it be?";
const METHOD = "How shall the database move?";

let home: TestHome;
/** A folder with the bundle in it, where the wizard is called. */
let cwd: string;
/** An editor that leaves the vendor's side with a line of its own. */
let editor: string;
let old: string;

/** v2.22.2 with a key taken out whose default changes, and with a line edited that the vendor changes too. */
beforeAll(async () => {
  home = await TestHome.make();
  cwd = await mkdtemp(join(tmpdir(), "graph-mgr-wizard-update-"));
  await copyFile(bundle("v2.23.0"), join(cwd, NAME));
  editor = join(cwd, "editor");
  await writeFile(editor, `#!/bin/sh\nsed -i -e '/^<<<<<<< /,/^=======$/d' -e 's/^>>>>>>> .*/  # edited/' "$1"\n`);
  await chmod(editor, 0o755);
  old = `v2.22.2-${home.suffix}`;
  await home.ok("install", bundle("v2.22.2"), "--name", home.suffix, "--yes");
  await home.ok("update", bundle("v2.23.0"), "--prepare", "--yes");
  await edit(".env", /^JWT_EXPIRATION_DELTA=.*\n/m, "");
  await edit("Caddyfile", /reverse_proxy nginx:80$/m, "reverse_proxy nginx:80 # ours");
});
afterAll(async () => {
  await home.remove();
  await rm(cwd, { recursive: true, force: true });
});

async function edit(file: string, from: RegExp, to: string): Promise<void> {
  const path = join(home.path, "releases", old, file);
  const text = await readFile(path, "utf8");
  expect(text).toMatch(from);
  await writeFile(path, text.replace(from, to));
}

const start = (args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
  new Terminal(["update", ...args, "--home", home.path], { cwd, env: { VISUAL: "", EDITOR: "", ...env } });
const current = async () => (await home.json<{ current: string }>("list")).current;
const instances = async () =>
  (await home.json<{ instances: readonly { name: string }[] }>("list")).instances.map(({ name }) => name);
const answer = async (terminal: Terminal, question: string, ...keys: readonly string[]) => {
  await terminal.until(question);
  await terminal.until(question === RELEASE ? "another file" : /the vendor's|< back|No, change/);
  terminal.press(...keys, enter);
};

/** The plan of a command line, as a dry run of it shows it. */
async function planOf(command: string): Promise<unknown> {
  const line = command.replace(/^graph-mgr /, `'${process.execPath}' '${BIN}' `);
  const { stdout } = await execa("sh", ["-c", `${line} --dry-run --json`], { stdin: "ignore", env: { GRAPH_MGR_HOME: "" } });
  return comparable((JSON.parse(stdout) as { plan: Plan }).plan);
}

/** The plan of the last update of the home. */
async function lastPlan(): Promise<unknown> {
  const folder = join(home.path, ".graph-mgr/operations");
  const last = (await readdir(folder))
    .filter(name => name.includes("-update-"))
    .sort()
    .at(-1)!;
  return comparable(JSON.parse(await readFile(join(folder, last, "plan.json"), "utf8")) as Plan);
}

/** Without what is new each time, and without sizes of data that grows. */
const comparable = (plan: Plan): unknown =>
  JSON.parse(
    JSON.stringify({ ...plan, result: { ...plan.result, estimate: null } })
      .replaceAll(plan.id, "ID")
      .replaceAll(/"createdAt":"[^"]*"/g, '"createdAt":""'),
  ) as unknown;

describe("the wizard of update", () => {
  it("asks for release, conflicts and method, goes back to each with its answer, and cancels without a trace", async () => {
    const terminal = start([]);
    await terminal.until(`Update ${old} to which release?`);
    await terminal.until(`v2.23.0 (${NAME})`);
    await terminal.until("another file or folder");
    expect(terminal.text).not.toContain("< back");
    terminal.press(enter);
    await terminal.until("You removed JWT_EXPIRATION_DELTA");
    await terminal.until("-7200");
    await answer(terminal, KEY, down);
    await terminal.until("+ reverse_proxy nginx:80 # ours");
    await terminal.until(TEXT);
    await terminal.until("< back");
    // Not among the answers; how to get it is said.
    expect(terminal.text).not.toMatch(/^\W*edit it\s*$/m);
    expect(terminal.text).toContain("(To edit it here, end this and set EDITOR first:");
    terminal.press(down, down, enter);
    await terminal.until(KEY);
    await terminal.until(/[❯>] the vendor's/);
    await terminal.until("< back");
    terminal.press(enter);
    await answer(terminal, TEXT, "");
    await terminal.until("so the files can be taken as they are");
    await terminal.until(METHOD);
    await terminal.until(/copy the volume byte by byte \(about \d+ s\)/);
    await terminal.until(/dump, restore and compare \(about \d+ s\)/);
    await terminal.until("< back");
    terminal.press(enter);
    await terminal.until(`Update ${old} to v2.23.0-${home.suffix}`);
    await terminal.until("Caddyfile stays yours, as you decided.");
    await terminal.until(/about \d+ s until visitors are back/);
    await terminal.until("Do this?");
    await terminal.until("< back");
    terminal.press(down, enter);
    expect(await terminal.exit).toBe(130);
    expect(terminal.text).toContain("Cancelled; nothing was changed.");
    expect(await instances()).toEqual([old]);
  });

  const QUESTIONS: readonly (readonly [string, readonly string[]])[] = [
    ["the release", []],
    ["a key", [RELEASE]],
    ["a text", [RELEASE, KEY]],
    ["the method", [RELEASE, KEY, TEXT]],
    ["the plan", [RELEASE, KEY, TEXT, METHOD]],
  ];
  it.each(sample(randomFor("Ctrl-C at a question"), QUESTIONS, amount(2, 5, 5)))(
    "F86 Ctrl-C at the question for %s changes nothing and exits 130",
    async (_, before) => {
      const terminal = start([]);
      for (const question of before) await answer(terminal, question, "");
      await terminal.until([RELEASE, KEY, TEXT, METHOD, "Do this?"][before.length]!);
      terminal.press(ctrlC);
      expect(await terminal.exit, terminal.text).toBe(130);
      expect(terminal.text).toContain("Cancelled; nothing was changed.");
      expect(await instances()).toEqual([old]);
    },
  );

  const ANSWERS: readonly (readonly [string, readonly string[], string])[] = [
    ["mine", [], "Caddyfile stays yours, as you decided."],
    ["the vendor's", [down], "Caddyfile is the vendor's new one, as you decided."],
    ["edited", [down, down], "Caddyfile is the text that you gave."],
  ];
  it.each(sample(randomFor("a conflict settled"), ANSWERS, amount(1, 3, 3)))(
    "a conflict is settled as %s",
    async (_, keys, said) => {
      const terminal = start([NAME, "--dry-run", "--postgres", "copy", "--resolve", ".env:JWT_EXPIRATION_DELTA=mine"], {
        EDITOR: editor,
      });
      await terminal.until(TEXT);
      await terminal.until("edit it");
      terminal.press(...keys, enter);
      await terminal.until("JWT_EXPIRATION_DELTA stays out, as you decided.");
      await terminal.until(said);
      expect(await terminal.exit, terminal.text).toBe(0);
      expect(terminal.text).not.toContain("Do this?");
      expect(await instances()).toEqual([old]);
    },
  );

  it("shows the vendor's instructions whole, and leaves when they were not read", async () => {
    const terminal = start([bundle("v2.24.9"), "--dry-run"]);
    await terminal.until("Instructions for v2.24.9:");
    await terminal.until("Ask every user to save open investigations first.");
    await terminal.until("Have you read the instructions for v2.24.9");
    await terminal.until("No, change nothing");
    terminal.press(down, enter);
    expect(await terminal.exit, terminal.text).toBe(130);
  });

  it("updates, and prints the command that would have done the same", async () => {
    const expected = `graph-mgr update ${join(cwd, NAME)} --home ${home.path} --from ${old} --resolve .env:JWT_EXPIRATION_DELTA=theirs --resolve Caddyfile=mine --yes`;
    const plan = await planOf(expected);
    const terminal = start([]);
    await answer(terminal, RELEASE, "");
    await answer(terminal, KEY, down);
    await answer(terminal, TEXT, "");
    await answer(terminal, METHOD, "");
    await answer(terminal, "Do this?", "");
    expect(await terminal.exit, terminal.text).toBe(0);
    expect(/The same without questions:\s+(graph-mgr .*)/.exec(terminal.text)?.[1]).toBe(expected);
    expect(await lastPlan()).toEqual(plan);
    expect(await current()).toBe(`v2.23.0-${home.suffix}`);
    await home.ok("rollback", "--accept-loss", "--yes");
  });

  it("finds a release by its number, takes an edited text, and names the file that it became", async () => {
    const isOfAnEditor = (name: string): boolean => name.startsWith("graph-mgr-edit-");
    const before = (await readdir(tmpdir())).filter(isOfAnEditor);
    const terminal = start(["v2.23.0", "--postgres", "copy"], { VISUAL: editor, EDITOR: "/no/such" });
    await answer(terminal, KEY, "");
    await terminal.until(TEXT);
    await terminal.until("edit it");
    terminal.press(down, down, enter);
    await answer(terminal, "Do this?", "");
    expect(await terminal.exit, terminal.text).toBe(0);
    const next = `v2.23.0-${home.suffix}-2`;
    expect(await current()).toBe(next);
    const file = join(home.path, "releases", next, "Caddyfile");
    expect(terminal.text).toContain(`--resolve Caddyfile=${file} --postgres copy --yes`);
    const text = await readFile(file, "utf8");
    expect(text).toContain("# edited");
    expect(text).toContain("X-Release v2.23.0");
    expect(text).not.toMatch(/<<<<<<<|# ours/);
    expect((await readdir(tmpdir())).filter(isOfAnEditor)).toEqual(before);
    await home.ok("rollback", "--accept-loss", "--yes");
  });
});

describe("an update without a terminal", () => {
  it("F98 asks nothing: no release is exit 2, a conflict exit 3, a release that lies nowhere exit 3", async () => {
    const nobody = async (...args: readonly string[]) =>
      await execa(process.execPath, [BIN, "update", ...args, "--from", old, "--home", home.path, "--yes"], {
        cwd,
        reject: false,
        stdin: "ignore",
      });
    const nothing = await nobody();
    expect([nothing.exitCode, nothing.stderr]).toEqual([2, expect.stringContaining("Try: graph-mgr update BUNDLE")]);
    const conflicts = await nobody(NAME);
    expect([conflicts.exitCode, conflicts.stderr]).toEqual([3, expect.stringContaining("--resolve Caddyfile=mine|theirs|FILE")]);
    const nowhere = await nobody("v9.9.9");
    expect([nowhere.exitCode, nowhere.stderr]).toEqual([3, expect.stringContaining("No bundle of v9.9.9 lies")]);
    const planned = await nobody(
      "v2.23.0",
      "--resolve",
      "Caddyfile=mine",
      "--resolve",
      ".env:JWT_EXPIRATION_DELTA=theirs",
      "--dry-run",
      "--json",
    );
    const { estimate } = (
      JSON.parse(planned.stdout) as { plan: { result: { estimate: { seconds: number; startSeconds: number } } } }
    ).plan.result;
    expect(estimate.seconds).toBeGreaterThan(estimate.startSeconds);
  });
});
