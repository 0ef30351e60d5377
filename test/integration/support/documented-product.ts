import { mkdir, readFile, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { execa } from "execa";
import { bundle } from "./bundles.ts";
import { docker } from "./cli.ts";
import { must } from "./faults.ts";
import { Product } from "./product.ts";

const SCRIPT = resolve(import.meta.dirname, "documented-update.sh");
const [OLD, NEW] = ["v2.22.2", "v2.23.0"] as const;
/** How long somebody waits for a release before it counts as down. */
const PATIENCE_MS = 25_000;

/** What came of the documented commands, from good to bad; `half` is a release that serves without all of the data. */
export type Outcome = "fine" | "old serves" | "none serves" | "half" | "both run" | "data lost";

/** An installation by hand on an engine and at public ports that nobody else uses, and the manual's commands to update it. */
export class DocumentedProduct {
  readonly #folder: string;
  readonly #method: "dump" | "copy";
  readonly #product = new Product(80);
  #dataset = "";

  constructor(folder: string, method: "dump" | "copy") {
    this.#folder = folder;
    this.#method = method;
  }

  #dir = (release: string): string => join(this.#folder, "releases", release);
  #compose = (release: string, ...args: readonly string[]) =>
    execa("docker", ["compose", "--project-directory", this.#dir(release), ...args], { reject: false, stdin: "ignore" });

  /** The old release as it was before anything, with an account and a dataset in it. */
  async renew(): Promise<void> {
    const all = (await docker("ps", "-aq")).split("\n").filter(Boolean);
    if (all.length > 0) await docker("rm", "--force", "--volumes", ...all);
    const volumes = (await docker("volume", "ls", "-q")).split("\n").filter(Boolean);
    if (volumes.length > 0) await docker("volume", "rm", ...volumes);
    const root = join(await docker("info", "-f", "{{.DockerRootDir}}"), "volumes");
    // A volume that was copied with `cp` is unknown to Docker until something uses it.
    for (const release of [OLD, NEW])
      for (const key of ["data", "backups"])
        await rm(join(root, `${release.replaceAll(".", "_")}_postgres_${key}`), { recursive: true, force: true });
    await rm(this.#folder, { recursive: true, force: true });
    await mkdir(this.#dir(OLD), { recursive: true });
    await execa("tar", ["-xzf", bundle(OLD), "-C", this.#dir(OLD)]);
    const { exitCode } = await execa("docker", ["image", "inspect", `graphistry/caddy:${OLD}`], { reject: false });
    if (exitCode !== 0) await execa("docker", ["load", "-q", "-i", join(this.#dir(OLD), "containers.tar")]);
    const up = await this.#compose(OLD, "up", "-d", "--wait");
    must(up.exitCode === 0, `the old release does not start: ${up.stderr}`);
    must((await this.#product.signUp("ada", "engine-no-1")) === 201, "nobody can sign up");
    this.#dataset = await this.#product.makeDataset("before the update", [1, 2, 3]);
  }

  /** Types the commands. With a fault they stand still before a phase first. @returns whether no command said that it failed */
  async type(at?: { readonly phase: string; readonly strike: (pid: number) => Promise<void> }): Promise<boolean> {
    const child = execa("bash", [SCRIPT, this.#method, this.#dir(OLD), this.#dir(NEW), bundle(NEW)], {
      reject: false,
      stdin: "ignore",
      detached: true,
      env: { PAUSE_AT: at?.phase ?? "" },
    });
    const pid = child.pid ?? 0;
    let ended = false;
    void child.then(() => {
      ended = true;
    });
    const isStanding = async () => /\) T /.test(await readFile(`/proc/${pid}/stat`, "utf8").catch(() => ""));
    if (at !== undefined) {
      while (!ended && !(await isStanding())) await pause(20);
      must(!ended, `it ended before "${at.phase}"`);
      process.kill(pid, "SIGCONT");
      await at.strike(pid);
    }
    return (await child).exitCode === 0;
  }

  /** What somebody finds who comes back afterwards, and whether the way back is still there. */
  async outcome(): Promise<Outcome> {
    const [served, running] = [await this.#serves(PATIENCE_MS), await this.#running()];
    if (running.size > 1) return "both run";
    if (served === "whole") return (await this.#product.version()).version === NEW ? "fine" : "old serves";
    // Back to the old one, as the manual has it: it was not touched.
    await this.#compose(NEW, "stop");
    await this.#compose(OLD, "up", "-d");
    if ((await this.#serves(PATIENCE_MS)) !== "whole") return "data lost";
    return served === "part" ? "half" : "none serves";
  }

  /** Releases with a service besides Postgres that runs. */
  async #running(): Promise<ReadonlySet<string>> {
    const label = '{{.Label "com.docker.compose.project"}} {{.Label "com.docker.compose.service"}}';
    const lines = (await docker("ps", "--format", label)).split("\n").filter(line => line !== "" && !line.endsWith(" postgres"));
    return new Set(lines.map(line => line.split(" ")[0] ?? ""));
  }

  async #serves(patienceMs: number): Promise<"whole" | "part" | "not"> {
    let seen: "part" | "not" = "not";
    for (const deadline = Date.now() + patienceMs; Date.now() < deadline; await pause(500)) {
      try {
        await this.#product.version();
        const [login, { body }] = [await this.#product.logIn("ada", "engine-no-1"), await this.#product.dataset(this.#dataset)];
        if (login === 200 && JSON.stringify(body) === "[1,2,3]") return "whole";
        if (login === 401 || login === 200) seen = "part";
      } catch {
        // Not yet.
      }
    }
    return seen;
  }
}
