import { randomInt } from "node:crypto";
import { chmod, mkdir, mkdtemp, readdir, readFile, readlink, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bundle } from "./support/bundles.ts";
import { docker, TestHome } from "./support/cli.ts";

const TINY = bundle("tiny-v1.0.0");
const port = 30_000 + randomInt(20_000);

let home: TestHome;
let name: string;
let other: string;
/** A folder with a `docker` that writes down how it is called, and calls the real one. */
let recorder: { readonly folder: string; readonly log: string };

beforeAll(async () => {
  home = await TestHome.make();
  name = `v1.0.0-${home.suffix}`;
  other = `v1.0.0-${home.suffix}b`;
  recorder = await makeRecorder();
});
afterAll(async () => {
  await home.remove();
  await rm(recorder.folder, { recursive: true, force: true });
});

async function makeRecorder() {
  const folder = await mkdtemp(join(tmpdir(), "graph-mgr-recorder-"));
  const log = join(folder, "log");
  const real = (await execa("sh", ["-c", "command -v docker"])).stdout;
  await writeFile(join(folder, "docker"), `#!/bin/sh\nprintf '%s\\n' "$*" >> '${log}'\nexec '${real}' "$@"\n`);
  await chmod(join(folder, "docker"), 0o755);
  return { folder, log };
}

/** Calls with every command line that reached docker. */
async function recorded(...args: readonly string[]) {
  await writeFile(recorder.log, "");
  const result = await home.runWith({ PATH: `${recorder.folder}:${process.env["PATH"]}` }, ...args);
  const calls = (await readFile(recorder.log, "utf8")).split("\n").filter(line => line !== "");
  return { ...result, calls };
}

/** Every file, folder and link of a tree, with what is in it. */
async function tree(folder: string): Promise<Readonly<Record<string, string>>> {
  const found: Record<string, string> = {};
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => [])) {
    const path = join(entry.parentPath, entry.name);
    found[path] = entry.isSymbolicLink()
      ? `-> ${await readlink(path)}`
      : entry.isFile()
        ? await readFile(path, "utf8")
        : "folder or the like";
  }
  return found;
}

/** The home but for the lock, in which whoever came last has written who that was. */
async function unlocked() {
  const { [join(home.path, ".graph-mgr/lock")]: _, ...rest } = await tree(home.path);
  return rest;
}

/** What this test's instances have on the engine, with ids, states and when they began. */
async function objects(): Promise<string> {
  const own = (text: string) =>
    text
      .split("\n")
      .filter(line => line.includes(home.suffix))
      .sort();
  const ids = own(await docker("ps", "-a", "--format", "{{.ID}} {{.Names}}")).map(line => line.split(" ")[0] ?? "");
  const state =
    ids.length === 0
      ? ""
      : await docker("inspect", "-f", "{{.Id}} {{.State.Status}} {{.State.StartedAt}} {{.HostConfig.RestartPolicy}}", ...ids);
  return [
    state,
    ...own(await docker("volume", "ls", "--format", "{{.Name}}")),
    ...own(await docker("network", "ls", "--format", "{{.ID}} {{.Name}}")),
    ...own(await docker("image", "ls", "--format", "{{.Repository}}:{{.Tag}} {{.ID}}")),
  ].join("\n");
}

/** Docker commands that only read; helpers that read get neither network nor a writable mount. */
function isReading(call: string): boolean {
  const words = call.split(" ");
  if (/^(version|info|inspect|ps|events|logs|port|top|--version)$/.test(words[0] ?? "")) return true;
  if (/^(container|image|volume|network|system|context) (ls|list|inspect|df|info|show)\b/.test(call)) return true;
  if (words[0] === "images") return true;
  if (words[0] === "compose") return / (config|version|ps|ls|images)( |$)/.test(` ${words.slice(1).join(" ")} `);
  return false;
}

interface Finished {
  readonly operation: string;
  readonly kind: string;
  readonly instance: string;
  readonly steps: number;
}

describe("F97 a dry run", () => {
  async function changesNothing(...args: readonly string[]) {
    const before = [await tree(home.path), await objects()];
    const run = await recorded(...args, "--dry-run");
    expect(run.code, run.stderr).toBe(0);
    expect(run.calls.length).toBeGreaterThan(0);
    expect(run.calls.filter(call => !isReading(call))).toEqual([]);
    expect([await tree(home.path), await objects()]).toEqual(before);
    return run;
  }

  it("the recorder sees what changes something", async () => {
    const { calls, code, stderr } = await recorded(
      "install",
      TINY,
      "--name",
      home.suffix,
      "--http-port",
      String(port),
      "--yes",
      "--quiet",
    );
    expect(code, stderr).toBe(0);
    expect(stderr).toBe("");
    expect(calls.filter(call => !isReading(call)).some(call => / up /.test(call))).toBe(true);
    expect(calls.filter(call => !isReading(call)).some(call => /^volume create/.test(call))).toBe(true);
  });

  it("of install, copy, launch, stop, restart, remove and compose changes nothing", async () => {
    const dry = await changesNothing("install", TINY, "--name", `${home.suffix}c`, "--yes");
    expect(dry.stdout).toMatch(new RegExp(`^Install v1.0.0-${home.suffix}c from .*\\n +1\\. Unpack`));
    await changesNothing("copy", name, "--name", `${home.suffix}c`, "--data", "none");
    await changesNothing("copy", name, "--name", `${home.suffix}c`, "--data", "copy", "--stop-source");
    await changesNothing("stop", name);
    await changesNothing("restart", name);
    await changesNothing("launch", name);
    await home.ok("copy", name, "--name", `${home.suffix}b`, "--data", "none", "--no-launch", "--yes");
    await changesNothing("remove", other);
    await changesNothing("remove", other, "--volumes", "--confirm", other);
    const compose = await changesNothingOf("compose", name, "--dry-run", "--", "stop");
    expect(compose).toContain(`docker compose --project-name ${name.replaceAll(/[.-]/g, "_")} `);
  });

  async function changesNothingOf(...args: readonly string[]): Promise<string> {
    const before = [await tree(home.path), await objects()];
    const run = await recorded(...args);
    expect([run.code, run.calls]).toEqual([0, []]);
    expect([await tree(home.path), await objects()]).toEqual(before);
    return run.stdout;
  }

  it("of an installation into a home that is not there makes no home", async () => {
    const nowhere = join(home.path, "not-there");
    const { code, stdout, stderr } = await execa(
      process.execPath,
      [
        join(import.meta.dirname, "../../dist/graph-mgr.js"),
        "install",
        TINY,
        "--name",
        `${home.suffix}d`,
        "--home",
        nowhere,
        "-n",
      ],
      { reject: false, stdin: "ignore" },
    ).then(({ exitCode, stdout: out, stderr: err }) => ({ code: exitCode, stdout: out, stderr: err }));
    expect(code, stderr).toBe(0);
    expect(stdout).toContain(nowhere);
    expect(await readdir(home.path)).not.toContain("not-there");
  });
});

describe("--json is one document on standard output, and progress is on standard error", () => {
  /** The document; the exit code and the end of standard error when it is none. */
  async function document(...args: readonly string[]): Promise<Record<string, unknown>> {
    const { stdout, stderr, code } = await home.run(...args, "--json");
    expect(stdout.trim().split("\n"), `${code} ${stderr}`).toHaveLength(1);
    return JSON.parse(stdout) as Record<string, unknown>;
  }

  it("of what is looked at", async () => {
    const instance = {
      name,
      version: "v1.0.0",
      state: "running",
      health: "healthy",
      ports: [{ service: "web", container: 80, protocol: "tcp", host: port }],
      volumes: [{ key: "state", name: expect.stringContaining(home.suffix) }],
      networks: [expect.any(String)],
    };
    expect(await document("list")).toMatchObject({
      schema: 1,
      home: home.path,
      current: name,
      instances: expect.arrayContaining([expect.objectContaining(instance)]),
      bundles: expect.any(Array),
    });
    expect(await document("status", name)).toMatchObject({
      ...instance,
      schema: 1,
      current: true,
      services: [{ service: "web", state: "running", health: "healthy", why: "", restarts: 0 }],
      volumes: [{ key: "state", sizeBytes: expect.any(Number) }],
      database: null,
    });
    expect(await document("versions")).toMatchObject({ schema: 1, installed: expect.any(Array), bundles: expect.any(Array) });
    expect(await document("volumes")).toMatchObject({
      schema: 1,
      volumes: expect.arrayContaining([expect.objectContaining({ instance: name })]),
    });
    const { operations } = (await document("operations")) as { operations: readonly { id: string }[] };
    expect(operations[0]).toMatchObject({ kind: "install", instance: name, outcome: "done", stepsDone: expect.any(Number) });
    expect(await document("operations", "show", operations[0]!.id)).toMatchObject({
      schema: 1,
      outcome: "done",
      plan: { operation: "install" },
    });
    expect(await document("--version")).toEqual({ version: expect.any(String) });
    expect(await document("stop", "--help")).toEqual({ help: expect.any(String) });
  });

  it("of a home with nothing in it", async () => {
    const empty = join(home.path, "empty");
    await mkdir(empty);
    const look = async (...args: readonly string[]) =>
      JSON.parse(
        (
          await execa(
            process.execPath,
            [join(import.meta.dirname, "../../dist/graph-mgr.js"), ...args, "--json", "--home", empty],
            { stdin: "ignore" },
          )
        ).stdout,
      ) as unknown;
    expect(await look("list")).toMatchObject({ schema: 1, home: empty, current: null, instances: [] });
    expect(await look("status")).toMatchObject({ instances: [] });
    expect(await look("versions")).toMatchObject({ installed: [] });
    expect(await look("volumes")).toMatchObject({ volumes: [] });
    expect(await look("operations")).toMatchObject({ operations: [] });
    expect(await readdir(empty)).toEqual([]);
  });

  it("of dry runs and of what was done", async () => {
    const dry = await document("stop", name, "-n");
    expect(dry).toMatchObject({ dryRun: true, kind: "stop", instance: name, steps: 1, plan: { operation: "stop" } });
    const done = (await document("stop", name)) as unknown as Finished;
    expect(done).toMatchObject({
      operation: expect.stringMatching(/^\d{8}T\d{6}Z-stop-/),
      kind: "stop",
      instance: name,
      steps: 1,
      outcome: "done",
    });
    expect(await document("launch", name)).toMatchObject({ kind: "launch", instance: name, outcome: "done" });
    const { stderr } = await home.run("restart", name, "--json");
    expect(stderr).toMatch(/ok/);
  });

  it.each([
    ["an unknown command", ["frobnicate"], "USAGE", 2],
    ["an unknown option", ["list", "--bogus"], "USAGE", 2],
    ["no command", [], "USAGE", 2],
    ["a port that is none", ["install", TINY, "--http-port", "99999"], "USAGE", 2],
    ["no answer", ["install"], "NEEDS_ANSWER", 2],
    ["no yes", ["install", TINY, "--name", "never"], "NEEDS_YES", 2],
    ["no such instance", ["stop", "v9.9.9"], "NO_INSTANCE", 3],
    ["no such bundle", ["install", "/nowhere.tar", "--yes"], "NO_BUNDLE", 3],
    ["nothing to undo", ["undo"], "NOTHING_UNFINISHED", 3],
    ["another program's output", ["logs"], "USAGE", 2],
    ["arguments that delete", ["compose", "x", "--json", "--", "down", "-v"], "USAGE", 2],
    ["a removal of what runs", ["remove", "current"], "IS_RUNNING", 3],
  ] as const)("of %s", async (_, args, code, exit) => {
    const before = await unlocked();
    const run = await home.run("--json", ...args.filter(word => word !== "--json"));
    expect(JSON.parse(run.stdout)).toEqual({ error: { code, message: expect.any(String), hint: expect.any(String) } });
    expect(run.code).toBe(exit);
    expect(run.stderr).toMatch(/Error: .*\nTry: /s);
    expect(await unlocked()).toEqual(before);
  });
});

describe("F98 what a script cannot delete by accident", () => {
  it.each([
    ["--yes", ["--volumes", "--yes"], 2],
    ["a name that is not typed out", ["--volumes", "--confirm", "v1.0.0", "--yes"], 3],
    ["an empty name", ["--volumes", "--confirm", "", "--yes"], 2],
    ["no word at all", ["--volumes"], 2],
  ] as const)("volumes go with no %s", async (_, flags, exit) => {
    const before = [await unlocked(), await objects()];
    expect((await home.run("remove", other, ...flags)).code).toBe(exit);
    const yes = await execa(
      "sh",
      [
        "-c",
        'yes | "$@"',
        "sh",
        process.execPath,
        join(import.meta.dirname, "../../dist/graph-mgr.js"),
        "remove",
        other,
        ...flags,
        "--home",
        home.path,
      ],
      {
        reject: false,
      },
    );
    expect(yes.exitCode).toBe(exit);
    expect([await unlocked(), await objects()]).toEqual(before);
  });

  it("a removal without --yes only shows its plan; with it the folder moves and the volumes stay", async () => {
    const refused = await home.run("remove", other);
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining("its data stays")]);
    const volumes = (await objects()).split("\n").filter(line => line.includes("_state"));
    const { stdout } = await home.ok("remove", other, "--yes");
    expect((await objects()).split("\n").filter(line => line.includes("_state"))).toEqual(volumes);
    const aside = (await readdir(join(home.path, ".graph-mgr/removed"))).find(entry => !entry.endsWith(".json"))!;
    expect(stdout).toContain(`graph-mgr install --home ${home.path} --attach`);
    await home.ok("install", "--attach", join(home.path, ".graph-mgr/removed", aside), "--yes");
    expect(await readdir(join(home.path, "releases"))).toContain(other);
  });
});

describe("compose, logs and colours", () => {
  it("compose passes on arguments, and the exit code", async () => {
    expect((await home.ok("compose", name, "--", "ps", "--format", "{{.Service}}")).stdout.trim()).toBe("web");
    expect((await home.run("compose", name, "--", "exec", "-T", "web", "sh", "-c", "exit 7")).code).toBe(7);
    expect((await home.run("compose", "current", "--", "down", "-v")).code).toBe(3);
    expect((await home.run("compose", name, "--")).code).toBe(2);
  });

  it("logs shows what a service says", async () => {
    expect((await home.run("logs", name, "web", "--tail", "5")).code).toBe(0);
  });

  it("nothing is coloured in a pipe", async () => {
    const { stdout, stderr } = await home.run("restart", name);
    expect(`${stdout}${stderr}`).not.toContain("\u001b");
  });
});
