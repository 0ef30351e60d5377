import { spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { bundle } from "./support/bundles.ts";
import { BIN, docker, TestHome } from "./support/cli.ts";
import { amount, randomFor, sample } from "./support/faults.ts";
import { KEYS, Terminal } from "./support/pty.ts";

let home: TestHome;
let name: string;
let port: number;

beforeEach(async () => {
  home = await TestHome.make();
  name = `v1.0.0-${home.suffix}`;
  port = 30_000 + randomInt(20_000);
});
afterEach(async () => {
  await home.remove();
});

const installArgs = (...more: readonly string[]) => [
  "install",
  bundle("tiny-v1.0.0"),
  "--name",
  home.suffix,
  "--http-port",
  String(port),
  "--yes",
  ...more,
];

interface Running {
  readonly kill: (signal: NodeJS.Signals) => void;
  readonly closeOutputs: () => void;
  /** The first line of standard error that fits, from now on. */
  readonly line: (pattern: RegExp) => Promise<string>;
  readonly end: Promise<{ readonly code: number | null; readonly stderr: string; readonly stdout: string }>;
}

function start(args: readonly string[]): Running {
  const child = spawn(process.execPath, [BIN, ...args, "--home", home.path], {
    env: { ...process.env, GRAPH_MGR_HOME: "" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stderr = "";
  let stdout = "";
  let seen = 0;
  let wake = () => {};
  child.stderr.on("data", (chunk: Buffer) => {
    stderr += chunk.toString();
    wake();
  });
  child.stdout.on("data", (chunk: Buffer) => {
    stdout += chunk.toString();
  });
  const end = new Promise<{ code: number | null; stderr: string; stdout: string }>(resolve =>
    child.once("close", code => {
      resolve({ code, stderr, stdout });
      wake();
    }),
  );
  return {
    kill: signal => void child.kill(signal),
    closeOutputs: () => {
      child.stdout.destroy();
      child.stderr.destroy();
    },
    async line(pattern) {
      for (;;) {
        const found = pattern.exec(stderr.slice(seen));
        if (found) {
          seen += found.index + found[0].length;
          return found[0];
        }
        if (child.exitCode !== null) throw new Error(`${pattern} did not appear:\n${stderr}`);
        await new Promise<void>(resolve => {
          wake = resolve;
        });
      }
    },
    end,
  };
}

interface Operation {
  readonly id: string;
  readonly outcome: string;
  readonly stepsDone: number;
  readonly steps: number;
}
const operations = async () => (await home.json<{ operations: readonly Operation[] }>("operations")).operations;
const listed = async () =>
  (await home.json<{ instances: readonly { readonly name: string; readonly health: string }[] }>("list")).instances;

/** Nothing of the instance is left on the engine or among the releases. */
async function expectNothingLeft(): Promise<void> {
  for (const kind of [
    ["ps", "-a"],
    ["volume", "ls"],
    ["network", "ls"],
  ] as const)
    expect(await docker(...kind, "--format", kind[0] === "ps" ? "{{.Names}}" : "{{.Name}}")).not.toContain(home.suffix);
  expect(await docker("image", "ls", "--format", "{{.Repository}}")).not.toContain(home.suffix);
  expect(await readdir(join(home.path, "releases")).catch(() => [])).toEqual([]);
  expect(await listed()).toEqual([]);
}

/** The last step whose end was said. */
const lastDone = (stderr: string): number =>
  Math.max(0, ...[...stderr.matchAll(/^ *(\d+)\/\d+ .* ok/gm)].map(([, step]) => Number(step)));

describe("F86 a signal while an installation is at work", () => {
  const RESUMED = [
    ["SIGINT", 1],
    ["SIGTERM", 2],
    ["SIGINT", 4],
    ["SIGTERM", 6],
    ["SIGINT", 7],
    ["SIGTERM", 8],
    ["SIGINT", 9],
  ] as const;
  it.each(sample(randomFor("resumed after a signal"), RESUMED, amount(2, 7, 7)))(
    "%s after step %i ends after a whole step, exit 4; resume finishes it",
    async (signal, after) => {
      const run = start(installArgs());
      await run.line(new RegExp(`^ *${after}/\\d+ .*\\n`, "m"));
      run.kill(signal);
      // A second one skips nothing.
      run.kill(signal);
      const { code, stderr } = await run.end;
      expect(code, stderr).toBe(4);
      expect(stderr).toContain("Try: graph-mgr resume");
      const [operation] = await operations();
      expect(operation).toMatchObject({ outcome: "unfinished" });
      // What was said to be done is what the journal has, except for a wait that was ended.
      expect(operation?.stepsDone).toBe(lastDone(stderr));
      const refused = await home.run("launch");
      expect([refused.code, refused.stderr]).toEqual([3, expect.stringContaining("is not finished")]);
      const resumed = await home.json<{ operation: string; kind: string; instance: string; steps: number }>("resume");
      expect(resumed).toMatchObject({ operation: operation?.id, kind: "install", instance: name, steps: operation?.steps });
      expect(await listed()).toMatchObject([{ name, health: "healthy" }]);
    },
  );

  const UNDONE = [
    ["SIGTERM", 3],
    ["SIGINT", 5],
    ["SIGTERM", 9],
  ] as const;
  it.each(sample(randomFor("undone after a signal"), UNDONE, amount(1, 3, 3)))(
    "%s after step %i, and undo leaves nothing",
    async (signal, after) => {
      const run = start(installArgs());
      await run.line(new RegExp(`^ *${after}/\\d+ .*\\n`, "m"));
      run.kill(signal);
      expect((await run.end).code).toBe(4);
      await home.ok("undo");
      await expectNothingLeft();
      expect((await operations())[0]?.outcome).toBe("undone");
    },
  );

  it("before the first step it exits 130, and there is nothing to undo", async () => {
    for (const afterMs of [500, 1000, 1500]) {
      const run = start(installArgs());
      await new Promise(resolve => setTimeout(resolve, afterMs));
      run.kill("SIGTERM");
      const { code, stderr } = await run.end;
      // Null: the program had not begun to listen. A fast machine may have come to a step.
      expect([null, 130, 4], stderr).toContain(code);
      if (code === 4) await home.ok("undo");
      else expect((await home.run("undo")).stderr).toContain("There is no unfinished operation");
      await expectNothingLeft();
    }
  });

  it("while it waits for health it ends at once", async () => {
    const run = start(installArgs());
    // Not the wait for somebody else's turn at the engine.
    await run.line(/waiting for web/);
    const begun = performance.now();
    run.kill("SIGINT");
    expect((await run.end).code).toBe(4);
    expect(performance.now() - begun).toBeLessThan(5000);
    await home.ok("undo");
    await expectNothingLeft();
  });

  it("with --json the error is one document", async () => {
    const run = start(installArgs("--json"));
    await run.line(/^ *1\/\d+ .*\n/m);
    run.kill("SIGTERM");
    const { code, stdout } = await run.end;
    expect(code).toBe(4);
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: "STOPPED", hint: expect.stringContaining("resume") } });
    await home.ok("undo");
  });
});

describe("F86 what does not stop an operation", () => {
  it("SIGHUP", async () => {
    const run = start(installArgs());
    await run.line(/^ *2\/\d+ .*\n/m);
    run.kill("SIGHUP");
    const { code, stderr } = await run.end;
    expect(code, stderr).toBe(0);
    expect(await listed()).toMatchObject([{ name, health: "healthy" }]);
  });

  it("closed standard output and error", async () => {
    const run = start(installArgs());
    await run.line(/^ *2\/\d+ .*\n/m);
    run.closeOutputs();
    expect((await run.end).code).toBe(0);
    expect(await listed()).toMatchObject([{ name, health: "healthy" }]);
  });

  it("a terminal that is closed: the operation goes on as in a script", async () => {
    const terminal = new Terminal([...installArgs(), "--home", home.path]);
    await terminal.until(/2\/\d+ Keep/);
    terminal.close();
    const operation = await finished();
    expect(operation.outcome).toBe("done");
    expect(await listed()).toMatchObject([{ name, health: "healthy" }]);
  });

  /** An installation whose plan was agreed to at a terminal; with `--yes` nobody would be asked about a failure. */
  async function agreedTo(): Promise<Terminal> {
    const args = installArgs("--secrets", "keep").filter(word => word !== "--yes");
    const terminal = new Terminal([...args, "--home", home.path]);
    await terminal.until("No, change nothing");
    terminal.press(KEYS.enter);
    return terminal;
  }

  it("a terminal that is closed while a failure waits for an answer: everything is put back", async () => {
    const blocker = createServer();
    const terminal = await agreedTo();
    try {
      await terminal.until(/1\/\d+ Unpack/);
      // Docker cannot publish what somebody else listens on, and the plan could not know.
      await new Promise<void>(resolve => blocker.listen(port, "0.0.0.0", resolve));
      await terminal.until("Put everything back?");
      terminal.close();
      expect((await finished()).outcome).toBe("undone");
    } finally {
      blocker.close();
    }
    await expectNothingLeft();
  });

  it("a Ctrl-C at the question after a failure leaves it half-way, exit 4", async () => {
    const blocker = createServer();
    const terminal = await agreedTo();
    try {
      await terminal.until(/1\/\d+ Unpack/);
      // Docker cannot publish what somebody else listens on, and the plan could not know.
      await new Promise<void>(resolve => blocker.listen(port, "0.0.0.0", resolve));
      await terminal.until("Put everything back?");
      terminal.press(KEYS.ctrlC);
      expect(await terminal.exit, terminal.text).toBe(4);
    } finally {
      blocker.close();
    }
    await home.ok("undo");
    await expectNothingLeft();
  });
});

/** The home's operation once it is over: seen in the journal, because nobody can wait for a process whose terminal is gone. */
async function finished(): Promise<{ readonly outcome: string }> {
  const folder = join(home.path, ".graph-mgr/operations");
  const deadline = Date.now() + 120_000;
  for (;;) {
    const [id] = existsSync(folder) ? await readdir(folder) : [];
    const journal = id === undefined ? "" : await readFile(join(folder, id, "journal.jsonl"), "utf8").catch(() => "");
    const [, outcome] = /"type":"closed","outcome":"(\w+)"/.exec(journal) ?? [];
    if (outcome !== undefined) return { outcome };
    if (Date.now() > deadline) throw new Error(`it is not over: ${journal.slice(-300)}`);
    await new Promise(resolve => setTimeout(resolve, 200));
  }
}
