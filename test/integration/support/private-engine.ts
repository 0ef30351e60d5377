import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, statfs, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { execa } from "execa";
import { contained, programsBelow } from "./engine-processes.ts";

/**
 * Set by scripts/private-engine.sh, which gives the tests a network and mounts of their own. Without those a second engine would take the first one's
 * bridge and port forwards away.
 */
export const mayHaveEngine = process.env["PRIVATE_ENGINE"] === "1";

export type FileSystem = "ext4" | "xfs";

/** An engine of one's own, on a small disk of its own that also holds the homes: what nobody may do to an engine that others use, and what needs a disk. */
export class PrivateEngine {
  readonly #root: string;
  readonly #disk: string;
  readonly #group: string;
  readonly #before: { readonly host: string | undefined; readonly tmp: string | undefined };
  #pid = 0;

  private constructor(root: string) {
    this.#root = root;
    this.#disk = join(root, "disk");
    this.#group = root.slice(root.lastIndexOf("/") + 1);
    this.#before = { host: process.env["DOCKER_HOST"], tmp: process.env["TMPDIR"] };
  }

  /** From now on this process's `docker`, and its temporary folders, are there. */
  static async make(fileSystem: FileSystem, sizeMib: number): Promise<PrivateEngine> {
    if (!mayHaveEngine) throw new Error("only under scripts/private-engine.sh");
    const engine = new PrivateEngine(await mkdtemp(join(tmpdir(), "graph-mgr-engine-")));
    await writeFile(engine.#disk, "");
    await truncate(engine.#disk, sizeMib * 2 ** 20);
    await execa(`mkfs.${fileSystem}`, [...(fileSystem === "ext4" ? ["-F", "-m", "0"] : []), "-q", engine.#disk]);
    await mkdir(engine.mount);
    await engine.#mounted();
    await Promise.all(["docker", "homes"].map(name => mkdir(join(engine.mount, name))));
    process.env["DOCKER_HOST"] = `unix://${join(engine.#root, "docker.sock")}`;
    process.env["TMPDIR"] = join(engine.mount, "homes");
    await engine.start();
    return engine;
  }

  get mount(): string {
    return join(this.#root, "mount");
  }

  #mounted = async () => void (await execa("mount", ["-o", "loop", this.#disk, this.mount]));

  async start(): Promise<void> {
    if (this.#pid !== 0 && existsSync(`/proc/${this.#pid}/exe`)) return;
    const path = (name: string) => join(this.#root, name);
    await rm(path("docker.pid"), { force: true });
    await this.#withoutContainerd(path("run/containerd/containerd.pid"));
    const child = execa(
      "dockerd",
      [
        `--data-root=${join(this.mount, "docker")}`,
        `--exec-root=${path("run")}`,
        `--pidfile=${path("docker.pid")}`,
        `--host=unix://${path("docker.sock")}`,
        `--cgroup-parent=/${this.#group}`,
      ],
      {
        detached: true,
        cleanup: false,
        reject: false,
        stdin: "ignore",
        stdout: { file: path("log") },
        stderr: { file: path("log") },
      },
    );
    this.#pid = child.pid ?? 0;
    child.unref();
    for (let left = 300; (await execa("docker", ["info"], { reject: false })).exitCode !== 0; left--) {
      if (left === 0) throw new Error(`the engine did not start:\n${await readFile(path("log"), "utf8")}`);
      await pause(200);
    }
  }

  /** The kernel ends containerd with a killed dockerd, which leaves its pid behind; the next one would wait for it. */
  async #withoutContainerd(pidFile: string): Promise<void> {
    const pid = (await readFile(pidFile, "utf8").catch(() => "")).trim();
    for (let left = 100; pid !== "" && existsSync(`/proc/${pid}/exe`) && left > 0; left--) await pause(50);
    await rm(pidFile, { force: true });
  }

  /** SIGTERM stops the containers, too; after SIGKILL they run on. */
  async stop(signal: "SIGTERM" | "SIGKILL"): Promise<void> {
    process.kill(this.#pid, signal);
    for (let left = 600; existsSync(`/proc/${this.#pid}/exe`) && left > 0; left--) await pause(100);
  }

  /** What was written and not flushed is gone, and so is every process. Then the machine starts again. */
  async powerLoss(): Promise<void> {
    await execa("xfs_io", ["-x", "-c", "shutdown", this.mount]);
    await this.#killAll();
    await this.#unmount();
    await rm(join(this.#root, "run"), { recursive: true, force: true });
    await this.#mounted();
    await this.start();
  }

  /** Fills the disk but for so much. @returns what makes room again */
  async fill(leftKib: number): Promise<() => Promise<void>> {
    const ballast = join(this.mount, "ballast");
    const { bavail, bsize } = await statfs(this.mount);
    const bytes = Math.max(0, bavail * bsize - leftKib * 1024);
    await execa("fallocate", ["-l", String(Math.max(1, bytes)), ballast], { reject: false });
    return () => rm(ballast, { force: true });
  }

  async remove(): Promise<void> {
    await this.#killAll();
    await this.#unmount();
    const put = (name: string, value: string | undefined) => {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    };
    put("DOCKER_HOST", this.#before.host);
    put("TMPDIR", this.#before.tmp);
    await rm(this.#root, { recursive: true, force: true });
    await execa("sh", ["-c", 'find /sys/fs/cgroup -depth -type d -path "*/$0*" -exec rmdir {} +', this.#group], {
      reject: false,
    });
  }

  /** The engine, what it started, and what runs in its containers: by their command lines, which name its folder, and their control group. */
  async #killAll(): Promise<void> {
    for (let left = 100; ; left--) {
      const pids = [...(await programsBelow(this.#root)), ...(await contained(this.#group))];
      if (pids.length === 0) return;
      if (left === 0) throw new Error(`these do not die: ${pids}`);
      for (const pid of pids) {
        try {
          process.kill(pid, "SIGKILL");
        } catch {
          // Gone meanwhile.
        }
      }
      await pause(50);
    }
  }

  async #unmount(): Promise<void> {
    for (let left = 100; ; left--) {
      const below = (await readFile("/proc/self/mountinfo", "utf8"))
        .split("\n")
        .map(line => line.split(" ")[4] ?? "")
        .filter(path => path.startsWith(`${this.#root}/`))
        .reverse();
      if (below.length === 0) return;
      if (left === 0) throw new Error(`still mounted: ${below}`);
      for (const path of below) await execa("umount", [path], { reject: false });
      await pause(50);
    }
  }
}
