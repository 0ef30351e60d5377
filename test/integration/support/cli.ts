import { randomBytes } from "node:crypto";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { execa } from "execa";

export const BIN = resolve(import.meta.dirname, "../../../dist/graph-mgr.js");

export interface Result {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A home of a test's own, with names that no other test has, and what is needed to take everything away again. */
export class TestHome {
  readonly path: string;
  /** Part of every instance's name: two runs of the tests at once never meet. */
  readonly suffix: string;

  private constructor(path: string) {
    this.path = path;
    this.suffix = `t${randomBytes(4).toString("hex")}`;
  }

  static async make(): Promise<TestHome> {
    return new TestHome(await mkdtemp(join(tmpdir(), "graph-mgr-test-")));
  }

  /** Runs graph-mgr as an operator's script would: no terminal. */
  async run(...args: readonly string[]): Promise<Result> {
    return await this.runWith({}, ...args);
  }

  async runWith(env: Readonly<Record<string, string>>, ...args: readonly string[]): Promise<Result> {
    const { exitCode, stdout, stderr } = await execa(process.execPath, [BIN, "--home", this.path, ...args], {
      reject: false,
      stdin: "ignore",
      env: { GRAPH_MGR_HOME: "", ...env },
      maxBuffer: 64 * 1024 * 1024,
    });
    return { code: exitCode ?? -1, stdout, stderr };
  }

  /** Like `run`, and fails the test with everything that was printed unless it exits 0. */
  async ok(...args: readonly string[]): Promise<Result> {
    const result = await this.run(...args);
    if (result.code !== 0)
      throw new Error(`graph-mgr ${args.join(" ")} exited ${result.code}\n${result.stdout}\n${result.stderr}`);
    return result;
  }

  async json<T>(...args: readonly string[]): Promise<T> {
    return JSON.parse((await this.ok(...args, "--json")).stdout) as T;
  }

  /** Slugs of every instance that this home has or had, from records and operations. */
  async slugs(): Promise<readonly string[]> {
    const own = join(this.path, ".graph-mgr");
    const names = await readdir(join(own, "instances")).catch(() => []);
    const plans = await readdir(join(own, "operations")).catch(() => []);
    const planned = await Promise.all(
      plans.map(async id => {
        const text = await readFile(join(own, "operations", id, "plan.json"), "utf8").catch(() => "{}");
        return (JSON.parse(text) as { instance?: string | null }).instance ?? "";
      }),
    );
    const all = [...names.map(name => name.replace(/\.json$/, "")), ...planned].filter(name => name !== "");
    return [...new Set(all.map(name => name.toLowerCase().replaceAll(/[^a-z0-9]/g, "_")))];
  }

  /** Takes everything of this home's instances off the engine, by name, and the home itself. */
  async remove(): Promise<void> {
    for (const slug of await this.slugs()) {
      await removeAll(["ps", "-aq", "--filter", `label=com.docker.compose.project=${slug}`], ["rm", "--force", "--volumes"]);
      await removeAll(["volume", "ls", "-q", "--filter", `label=com.docker.compose.project=${slug}`], ["volume", "rm"]);
      await removeAll(["network", "ls", "-q", "--filter", `label=com.docker.compose.project=${slug}`], ["network", "rm"]);
      await removeAll(
        ["image", "ls", "--format", "{{.Repository}}:{{.Tag}}", "--filter", `reference=graph-mgr/${slug}/*`],
        ["image", "rm"],
      );
    }
    await removeAll(["ps", "-aq", "--filter", `label=graph-mgr.home=${this.path}`], ["rm", "--force", "--volumes"]);
    await removeAll(["volume", "ls", "-q", "--filter", `label=graph-mgr.home=${this.path}`], ["volume", "rm"]);
    await rm(this.path, { recursive: true, force: true });
  }
}

export async function docker(...args: readonly string[]): Promise<string> {
  return (await execa("docker", args)).stdout;
}

async function removeAll(list: readonly string[], remove: readonly string[]): Promise<void> {
  const ids = (await docker(...list)).split("\n").filter(id => id !== "");
  for (const id of ids) await docker(...remove, id);
}

/** What is on the engine with this in its name: a home's suffix, since other tests run on the same engine meanwhile. */
export async function engineSnapshot(part: string): Promise<Readonly<Record<string, readonly string[]>>> {
  const lines = async (...args: readonly string[]) =>
    (await docker(...args))
      .split("\n")
      .filter(line => line.includes(part))
      .sort();
  return {
    containers: await lines("ps", "-a", "--format", "{{.Names}}"),
    volumes: await lines("volume", "ls", "--format", "{{.Name}}"),
    networks: await lines("network", "ls", "--format", "{{.Name}}"),
  };
}
