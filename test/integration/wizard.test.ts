import { randomInt } from "node:crypto";
import { existsSync } from "node:fs";
import { copyFile, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Plan } from "../../src/plan/plan.ts";
import { bundle } from "./support/bundles.ts";
import { BIN, TestHome } from "./support/cli.ts";
import { KEYS, Terminal } from "./support/pty.ts";

const { enter, down, up, ctrlC, ctrlD, clear } = KEYS;
const NAME = "tiny-v1.0.0.tar.gz";
const SECRETS = "Replace the vendor's secrets?";

let home: TestHome;
/** A folder with the bundle in it, where the wizard is called. */
let cwd: string;
/** A port that is in use. */
let busy: { readonly port: number; readonly close: () => void };
/** Far from those that other tests are given. */
const port = 30_000 + randomInt(20_000);

beforeAll(async () => {
  home = await TestHome.make();
  cwd = await mkdtemp(join(tmpdir(), "graph-mgr-wizard-"));
  await copyFile(bundle("tiny-v1.0.0"), join(cwd, NAME));
  busy = await new Promise(resolve => {
    const server = createServer();
    server.listen(0, "0.0.0.0", () => {
      const address = server.address();
      resolve({ port: typeof address === "object" && address ? address.port : 0, close: () => server.close() });
    });
  });
});
afterAll(async () => {
  busy.close();
  await home.remove();
  await rm(cwd, { recursive: true, force: true });
});

const start = (...args: readonly string[]) => new Terminal([...args, "--home", home.path], { cwd });
/** A home that is not there. */
const nowhere = () => join(home.path, "not-there");

/** The plan of a command line, as a dry run of it shows it. */
async function planOf(command: string): Promise<unknown> {
  const line = command.replace(/^graph-mgr /, `'${process.execPath}' '${BIN}' `);
  const { stdout } = await execa("sh", ["-c", `${line} --dry-run --json`], { stdin: "ignore", env: { GRAPH_MGR_HOME: "" } });
  return comparable((JSON.parse(stdout) as { plan: Plan }).plan);
}

/** The plan of the last operation of the home. */
async function lastPlan(): Promise<unknown> {
  const folder = join(home.path, ".graph-mgr/operations");
  const last = (await readdir(folder)).sort().at(-1)!;
  return comparable(JSON.parse(await readFile(join(folder, last, "plan.json"), "utf8")) as Plan);
}

/** Without what is new each time, and without the homes that other tests make meanwhile. */
function comparable(plan: Plan): unknown {
  const notes = plan.notes.filter(note => !note.includes("other homes"));
  return JSON.parse(
    JSON.stringify({ ...plan, notes })
      .replaceAll(plan.id, "ID")
      .replaceAll(/"createdAt":"[^"]*"/g, '"createdAt":""'),
  ) as unknown;
}

describe("the wizard of install", () => {
  it("asks, takes Enter for the defaults, shows the plan and cancels without a trace", async () => {
    const terminal = new Terminal(["install", "--home", nowhere()], { cwd });
    await terminal.until("Which bundle?");
    expect(terminal.fresh).not.toContain("< back");
    await terminal.until(NAME);
    terminal.press(enter);
    await terminal.until("Name, for v1.0.0-NAME (none: v1.0.0)?");
    terminal.press(`${home.suffix}${enter}`);
    await terminal.until("Port for http?");
    terminal.press(enter);
    await terminal.until("TINY_SECRET_KEY");
    await terminal.until(SECRETS);
    await terminal.until("< back");
    terminal.press(enter);
    await terminal.until(`Install v1.0.0-${home.suffix}`);
    await terminal.until("replaced by generated secrets");
    await terminal.until("Do this?");
    await terminal.until("< back");
    terminal.press(down, enter);
    expect(await terminal.exit).toBe(130);
    expect(terminal.text).toContain("Cancelled; nothing was changed.");
    expect(existsSync(nowhere())).toBe(false);
  });

  it("goes back from every question to the one before, with its answer as the default", async () => {
    const terminal = start("install");
    await terminal.until("another file or folder");
    terminal.press(enter);
    await terminal.until("Name, for");
    terminal.press(`${home.suffix}${enter}`);
    await terminal.until("Port for http?");
    terminal.press(`${port}${enter}`);
    await terminal.until(SECRETS);
    await terminal.until("< back");
    terminal.press(down, enter);
    await terminal.until("left at the vendor's default");
    await terminal.until("< back");
    terminal.press(up, up, down, down, enter);
    await terminal.until(SECRETS);
    await terminal.until(/❯ No, keep them|> No, keep them/);
    terminal.press(down, enter);
    await terminal.until(`(${port})`);
    terminal.press(`<${enter}`);
    await terminal.until(`(${home.suffix})`);
    terminal.press(`<${enter}`);
    await terminal.until("Which bundle?");
    await terminal.until("another file or folder");
    terminal.press(enter);
    // Enter all the way: the answers of before.
    await terminal.until(`(${home.suffix})`);
    terminal.press(enter);
    await terminal.until(`(${port})`);
    terminal.press(enter);
    await terminal.until(SECRETS);
    await terminal.until("< back");
    terminal.press(enter);
    await terminal.until(`web:80 on port ${port}`);
    await terminal.until("left at the vendor's default");
    await terminal.until("< back");
    terminal.press(ctrlC);
    expect(await terminal.exit).toBe(130);
  });

  it("says what will not do, and asks again: no bundle there, a bad name, a taken port, no port", async () => {
    const terminal = start("install");
    await terminal.until("another file or folder");
    terminal.press(down, enter);
    await terminal.until("Path of the bundle");
    terminal.press(`nowhere.tar${enter}`);
    await terminal.until("There is nothing at");
    terminal.press(clear, enter);
    await terminal.until("A path is needed.");
    terminal.press(`/etc/hostname${enter}`);
    await terminal.until("/etc/hostname");
    await terminal.until("Try: ");
    await terminal.until("another file or folder");
    terminal.press(enter);
    await terminal.until("Name, for");
    terminal.press(`No Good!${enter}`);
    await terminal.until("small letters, digits and dashes");
    terminal.press(clear, `${home.suffix}${enter}`);
    await terminal.until("Port for http?");
    terminal.press(`${busy.port}${enter}`);
    await terminal.until(`Port ${busy.port} is in use on this machine.`);
    terminal.press(clear, `99999${enter}`);
    await terminal.until("A port is a number from 1 to 65535.");
    terminal.press(clear, `${port}${enter}`);
    await terminal.until(SECRETS);
    terminal.press(ctrlC);
    expect(await terminal.exit).toBe(130);
    expect(existsSync(join(home.path, ".graph-mgr"))).toBe(false);
  });

  it.each([
    ["the bundle", []],
    ["the name", [enter, "Name, for"]],
    ["the port", [enter, "Name, for", `x${enter}`, "Port for http?"]],
    ["the secrets", [enter, "Name, for", `x${enter}`, "Port for http?", enter, SECRETS]],
    ["the plan", [enter, "Name, for", `x${enter}`, "Port for http?", enter, SECRETS, enter, "Do this?"]],
  ] as const)("F86 Ctrl-C and Ctrl-D at the question for %s change nothing and exit 130", async (_, steps) => {
    for (const key of [ctrlC, ctrlD]) {
      const terminal = new Terminal(["install", "--home", nowhere()], { cwd });
      await terminal.until("another file or folder");
      for (const step of steps) {
        if (step.includes(enter)) terminal.press(step.replace("x", home.suffix));
        else await terminal.until(step);
      }
      terminal.press(key);
      expect(await terminal.exit, terminal.text).toBe(130);
      expect(terminal.text).toContain("Cancelled; nothing was changed.");
      expect(existsSync(nowhere())).toBe(false);
    }
  });

  it("installs, in place, and prints the command that would have done the same", async () => {
    const expected = `graph-mgr install ${join(cwd, NAME)} --home ${home.path} --name ${home.suffix} --http-port ${port} --yes`;
    const plan = await planOf(expected);
    const terminal = start("install");
    await terminal.until("another file or folder");
    terminal.press(enter);
    await terminal.until("Name, for");
    terminal.press(`${home.suffix}${enter}`);
    await terminal.until("Port for http?");
    terminal.press(`${port}${enter}`);
    await terminal.until(SECRETS);
    await terminal.until("< back");
    terminal.press(enter);
    await terminal.until("Do this?");
    await terminal.until("< back");
    const asked = terminal.text.length;
    terminal.press(enter);
    expect(await terminal.exit, terminal.text).toBe(0);
    expect(/The same without questions:\s+(graph-mgr .*)/.exec(terminal.text)?.[1]).toBe(expected);
    expect(plan).toEqual(await lastPlan());
    expect(terminal.text).toContain(`http://localhost:${port}/`);
    // Lines that are refreshed in place never reach the edge, where they would wrap.
    const progress = terminal.text
      .slice(asked)
      .split("\n")
      .filter(line => /^ *\d+\/\d+ /.test(line));
    expect(progress.length).toBeGreaterThan(10);
    expect(progress.filter(line => line.length > 79)).toEqual([]);
  });
});

describe("the wizard of copy", () => {
  it("asks for name and data, and ends with the command that does the same", async () => {
    const terminal = start("copy", "--no-launch");
    await terminal.until("Name, for v1.0.0-NAME?");
    await terminal.until("(copy)");
    terminal.press(`${home.suffix}${enter}`);
    await terminal.until(`v1.0.0-${home.suffix} is taken`);
    terminal.press(clear, `${home.suffix}b${enter}`);
    await terminal.until("Which data shall come along?");
    await terminal.until("< back");
    terminal.press(down, enter);
    await terminal.until(`(${home.suffix}b)`);
    terminal.press(enter);
    await terminal.until("none: start empty");
    terminal.press(enter);
    await terminal.until("Port for http?");
    terminal.press(`${port + 1}${enter}`);
    await terminal.until("Do this?");
    await terminal.until("< back");
    const expected = `graph-mgr copy v1.0.0-${home.suffix} --home ${home.path} --name ${home.suffix}b --data none --http-port ${port + 1} --no-launch --yes`;
    const plan = await planOf(expected);
    terminal.press(enter);
    expect(await terminal.exit, terminal.text).toBe(0);
    expect(terminal.text).toContain(expected);
    expect(plan).toEqual(await lastPlan());
  });

  it("asks which instance when there are several, and the current one is the default", async () => {
    const terminal = start("copy");
    await terminal.until("Which instance shall be copied?");
    await terminal.until(new RegExp(`[❯>] v1\\.0\\.0-${home.suffix} \\(current\\)`));
    await terminal.until(`v1.0.0-${home.suffix}b`);
    terminal.press(ctrlC);
    expect(await terminal.exit).toBe(130);
  });
});

describe("what a terminal is asked besides", () => {
  it("a removal shows its plan and asks", async () => {
    const terminal = start("remove", `v1.0.0-${home.suffix}b`);
    await terminal.until("its data stays");
    await terminal.until("Do this?");
    terminal.press(down, enter);
    expect(await terminal.exit).toBe(130);
    expect((await home.json<{ instances: readonly unknown[] }>("list")).instances).toHaveLength(2);
  });

  it("a failure shows what would be put back and asks; no leaves it for resume and undo", async () => {
    // Another program takes the port after the plan was agreed to.
    const blocker = createServer();
    const taken = port + 2;
    const terminal = start("install", NAME, "--name", `${home.suffix}d`, "--http-port", String(taken), "--secrets", "keep");
    await terminal.until("Do this?");
    await terminal.until("No, change nothing");
    terminal.press(enter);
    await terminal.until("Unpack");
    await new Promise<void>(resolve => blocker.listen(taken, "0.0.0.0", resolve));
    try {
      await terminal.until("Going back would");
      await terminal.until("put back: Launch");
      await terminal.until("put back: Unpack");
      // Beside the question, however long that list is.
      await terminal.until("Failed: ");
      await terminal.until("Put everything back?");
      terminal.press(down, enter);
      expect(await terminal.exit, terminal.text).toBe(4);
      expect(terminal.text).toContain("graph-mgr resume");
      expect((await home.run("install", bundle("tiny-v1.0.0"), "--name", "x", "--yes")).stderr).toContain("is not finished");
    } finally {
      blocker.close();
    }
    const undone = await home.json<{ outcome: string }>("undo");
    expect(undone.outcome).toBe("undone");
  });
});

describe("without a terminal", () => {
  const argv = (...args: readonly string[]) => [BIN, ...args, "--home", nowhere()];
  const commands: readonly (readonly [string, readonly string[], string])[] = [
    ["install", ["install"], "graph-mgr install BUNDLE"],
    ["install of a bundle", ["install", bundle("tiny-v1.0.0"), "--name", "nobody"], "--yes"],
    ["install --no-input", ["install", "--no-input"], "graph-mgr install BUNDLE"],
  ];
  it.each(commands)("F98 %s never waits: exit 2, and the flag is named", async (_, args, flag) => {
    const closed = await execa("sh", ["-c", 'exec "$0" "$@" <&-', process.execPath, ...argv(...args)], {
      reject: false,
      timeout: 60_000,
    });
    const nothing = await execa(process.execPath, argv(...args), { reject: false, stdin: "ignore", timeout: 60_000 });
    const yes = await execa("sh", ["-c", 'yes | "$0" "$@"', process.execPath, ...argv(...args)], {
      reject: false,
      timeout: 60_000,
    });
    for (const { exitCode, stderr } of [closed, nothing, yes]) {
      expect(exitCode, stderr).toBe(2);
      expect(stderr).toContain("Try: ");
      expect(stderr.split("Try: ")[1]).toContain(flag);
    }
    expect(existsSync(nowhere())).toBe(false);
  });

  it("--no-input and --json ask nothing at a terminal either", async () => {
    for (const flag of ["--no-input", "--json"]) {
      const terminal = start("install", flag);
      expect(await terminal.exit, terminal.text).toBe(2);
      expect(terminal.text).toContain("graph-mgr install BUNDLE");
    }
  });

  it("questions never go to a standard output that is a pipe", async () => {
    const out = join(cwd, "out");
    const terminal = new Terminal(["install", "--home", nowhere()], { cwd, behind: `> '${out}'` });
    await terminal.until("Which bundle?");
    await terminal.until("another file or folder");
    terminal.press(ctrlC);
    expect(await terminal.exit).toBe(130);
    expect(await readFile(out, "utf8")).toBe("");
  });
});
