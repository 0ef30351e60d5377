import { rm, statfs, writeFile } from "node:fs/promises";
import { createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { execa } from "execa";
import { docker } from "./cli.ts";
import { until } from "./engine.ts";
import type { Subject } from "./fault-subjects.ts";
import { must, pick } from "./faults.ts";
import type { Fault } from "./update-trials.ts";

const linesOf = (text: string): readonly string[] => text.split("\n").filter(line => line !== "");
const runningOf = async (project: string, ...more: readonly string[]): Promise<readonly string[]> =>
  linesOf(await docker("ps", "-q", "--filter", `label=com.docker.compose.project=${project}`, ...more));

/** The home's disk, which holds the dump, the backup, the configuration and the journal; the engine's is another. */
export const homeFull: Fault<Subject> = {
  name: "disk full, home",
  async strike({ home }, random) {
    const { bavail, bsize } = await statfs(home.path);
    const ballast = join(home.path, "lost+found");
    const bytes = bavail * bsize - pick(random, [0, 4, 16, 256]) * 1024;
    await writeFile(ballast, Buffer.alloc(Math.max(0, bytes))).catch(() => undefined);
    return () => rm(ballast, { force: true });
  },
};

/** Room for what a container has, and for somebody in it who asks for more and more. */
const MEMORY = "256m";

/** One of the running containers of both releases asks for more memory than it may have, and the kernel kills what it holds first. */
export const outOfMemory: Fault = {
  name: "container killed for memory",
  async strike({ oldProject, newProject }, random) {
    const running = [...(await runningOf(newProject)), ...(await runningOf(oldProject))];
    // For a moment in a copy nothing runs.
    if (running.length === 0) return async () => undefined;
    const container = pick(random, running);
    const since = String(Math.floor(Date.now() / 1000));
    await docker("update", "--memory", MEMORY, "--memory-swap", MEMORY, container);
    const pids = linesOf(await docker("top", container, "-o", "pid")).slice(1);
    for (const pid of pids) await writeFile(`/proc/${pid.trim()}/oom_score_adj`, "1000").catch(() => undefined);
    // Its one endless line is kept in memory until there is none.
    await execa("docker", ["exec", container, "tail", "/dev/zero"], { reject: false, timeout: 20_000 });
    const until = String(Math.ceil(Date.now() / 1000) + 1);
    const killed = await docker(
      "events",
      "--since",
      since,
      "--until",
      until,
      "--filter",
      "event=oom",
      "--filter",
      `container=${container}`,
    );
    must(killed !== "", "nothing was killed for memory");
    return async () => undefined;
  },
};

/** Somebody changes the password of the database's role under the update, and afterwards back. */
export const wrongPassword: Fault = {
  name: "wrong password",
  mayStay: true,
  async strike({ oldProject, newProject, password, user }) {
    const postgres = ["--filter", "label=com.docker.compose.service=postgres"];
    const [container = ""] = [...(await runningOf(newProject, ...postgres)), ...(await runningOf(oldProject, ...postgres))];
    const set = (to: string) =>
      execa("docker", ["exec", "-i", container, "psql", "-Xq", "-U", user, user], {
        input: `ALTER ROLE ${user} PASSWORD '${to.replaceAll("'", "''")}'`,
        reject: false,
      });
    // A new release's server may have begun to start a moment ago.
    await until(
      () => set("somebody else's"),
      ({ exitCode }) => exitCode === 0,
    );
    // The new one's container may have gone with its release.
    return async () => void (await set(password));
  },
};

/** Another program listens on the public port as soon as nobody does. */
export const portTaken: Fault = {
  name: "port taken meanwhile",
  async strike({ port }) {
    const callers = new Set<Socket>();
    const server = await new Promise<Server | null>(resolve => {
      const taken = createServer(caller => void callers.add(caller));
      taken.once("error", () => resolve(null));
      taken.listen(port, "0.0.0.0", () => resolve(taken));
    });
    return async () => {
      const closed = new Promise(resolve => (server === null ? resolve(null) : server.close(resolve)));
      for (const caller of callers) caller.destroy();
      await closed;
    };
  },
};
