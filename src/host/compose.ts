import { promises as fs } from "node:fs";
import { dirname, join } from "node:path";
import { Readable } from "node:stream";
import type { ComposeModel } from "../domain/compose-model.ts";
import { EnvFile } from "../domain/env-file.ts";
import { ABOVE } from "../domain/shared-resources.ts";
import { OperatorError } from "../errors.ts";
import type { Command } from "./command.ts";
import type { Executor } from "./exec.ts";
import type { Compose, Project } from "./world.ts";

/** `docker compose` for a project where it stands: always with its own name, never with the operator's shell variables. */
export function composeCommand({ name, dir, envFiles }: Project, ...args: readonly string[]): Command {
  const files = envFiles.flatMap(file => ["--env-file", file]);
  return {
    program: "docker",
    args: ["compose", "--project-name", name, "--project-directory", dir, ...files, ...args],
    cwd: dir,
  };
}

const config = (project: Project) => composeCommand(project, "--profile", "*", "config", "--format", "json");
const activeOf = (project: Project) => composeCommand(project, "config", "--services");
const linesOf = (text: string): readonly string[] =>
  text
    .split("\n")
    .filter(line => line !== "")
    .sort();

/** Compose reads a few files: what takes longer than this never ends. */
const LOOKING = { timeoutMs: 120_000 } as const;

/** Like the vendor's wrapper, which passes on only those env files that are there. */
export async function asItStands(project: Project): Promise<Project> {
  const there = await Promise.all(
    project.envFiles.map(file =>
      fs.access(join(project.dir, file)).then(
        () => true,
        () => false,
      ),
    ),
  );
  return { ...project, envFiles: project.envFiles.filter((_, index) => there[index]) };
}

/** What Docker says is wrong, without the command line and the list of what went well before it. */
function plainly(error: unknown): unknown {
  if (!(error instanceof OperatorError) || error.code !== "COMMAND_FAILED") return error;
  const lines = error.message.split("\n").map(line => line.trim());
  const wrong = lines.slice(1).filter(line => line !== "" && !/^(Network|Volume|Container) .* [A-Z][a-z]+$/.test(line));
  if (wrong.length === 0) return error;
  return new OperatorError("LAUNCH_FAILED", wrong.join(" "), { hint: hintFor(error.message), cause: error });
}

function hintFor(message: string): string {
  if (/port is already allocated|address already in use/.test(message))
    return "see what uses the port (`graph-mgr list`, `ss -ltunp`), and stop it";
  // An engine as it is installed has addresses for about 30 networks.
  if (/address pool/.test(message))
    return "docker network ls   (remove what nobody uses by its name, or give the engine more with `default-address-pools` in /etc/docker/daemon.json)";
  return "mend what Docker names there, then run the same again";
}

/** Compose's words about a bundle, with its paths as the bundle has them. */
function unreadable(error: unknown, dir: string): unknown {
  if (!(error instanceof OperatorError) || error.code !== "COMMAND_FAILED") return error;
  const said = /` ended with [^:]*: ([\s\S]*)$/.exec(error.message)?.[1] ?? error.message;
  const scratch = dir.slice(0, -join("/", ...ABOVE).length);
  const plain = ABOVE.reduceRight(
    (text, _, depth) => text.replaceAll(`${join(scratch, ...ABOVE.slice(0, depth))}/`, "../".repeat(ABOVE.length - depth)),
    said.replaceAll(`${dir}/`, ""),
  );
  return new OperatorError("COMPOSE_UNREADABLE", `Compose cannot read the compose files: ${plain.trim()}`, {
    hint: "ask the vendor, or mend it in a copy of the bundle   (`docker compose config -q` in it says the same)",
    cause: error,
  });
}

async function inScratch<T>(root: string, work: (dir: string) => Promise<T>): Promise<T> {
  const dir = await fs.mkdtemp(join(root, "graph-mgr-"));
  try {
    return await work(dir);
  } finally {
    await fs.rm(dir, { recursive: true, force: true });
  }
}

/** @param scratchRoot a folder for short-lived private folders, e.g. the system's temporary folder */
export function createCompose(executor: Executor, scratchRoot: string): Compose {
  return {
    async resolve(project, settings = {}) {
      const there = await asItStands(project);
      if (Object.keys(settings).length === 0) return JSON.parse(await executor.run(config(there), LOOKING)) as ComposeModel;
      // Not as variables of the process: `PATH` or `DOCKER_HOST` would change what runs.
      return await inScratch(scratchRoot, async dir => {
        const file = join(dir, "settings.env");
        const env = Object.entries(settings).reduce((text, [key, value]) => text.with(key, value), EnvFile.parse(""));
        await fs.writeFile(file, env.text, { mode: 0o600, flag: "wx" });
        // As soon as one env file is named, Compose no longer reads `.env` by itself.
        const { envFiles } = project.envFiles.length > 0 ? there : await asItStands({ ...project, envFiles: [".env"] });
        return JSON.parse(await executor.run(config({ ...there, envFiles: [...envFiles, file] }), LOOKING)) as ComposeModel;
      });
    },
    async hashes(project) {
      const there = await asItStands(project);
      try {
        // Of files that name env files Compose tells another hash than the one that it writes on containers, so they are resolved first.
        const resolved = await executor.run(composeCommand(there, "config", "--format", "json"), LOOKING);
        const command = composeCommand({ ...there, envFiles: [] }, "--file", "-", "config", "--hash", "*");
        const printed = await executor.feed(command, Readable.from([resolved]), LOOKING);
        return Object.fromEntries(
          [...printed.matchAll(/^(\S+) ([0-9a-f]{64})$/gm)].map(([, service = "", hash = ""]) => [service, hash]),
        );
      } catch (error) {
        // What it says is for a plan's notes.
        if (error instanceof OperatorError && error.code === "COMMAND_FAILED") return null;
        throw error;
      }
    },
    async activeServices(project) {
      return linesOf(await executor.run(activeOf(await asItStands(project)), LOOKING));
    },
    async resolveTexts(name, envFiles, texts) {
      return await inScratch(scratchRoot, async scratch => {
        const dir = join(scratch, ...ABOVE);
        await fs.mkdir(dir, { recursive: true, mode: 0o700 });
        for (const [path, text] of Object.entries(texts)) {
          await fs.mkdir(dirname(join(dir, path)), { recursive: true, mode: 0o700 });
          await fs.writeFile(join(dir, path), text, { mode: 0o600, flag: "wx" });
        }
        const project = { name, dir, envFiles: envFiles.filter(file => file in texts) };
        const [json, active] = await Promise.all([
          executor.run(config(project), LOOKING),
          executor.run(activeOf(project), LOOKING),
        ]).catch(error => {
          throw unreadable(error, dir);
        });
        return { model: JSON.parse(json) as ComposeModel, active: linesOf(active), dir };
      });
    },
    async build(project, services, progress) {
      await executor.run(composeCommand(await asItStands(project), "--progress", "plain", "build", ...services), {
        onLine: progress,
      });
    },
    async up(project, services, { recreate } = { recreate: false }) {
      const up = composeCommand(
        await asItStands(project),
        "--ansi",
        "never",
        "up",
        "--detach",
        "--no-build",
        "--pull",
        "never",
        ...(recreate ? ["--force-recreate"] : []),
        ...services,
      );
      await executor.run(up).catch(error => {
        throw plainly(error);
      });
    },
  };
}
