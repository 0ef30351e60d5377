import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { execa } from "execa";

const SCRIPT = resolve(import.meta.dirname, "../../../scripts/second-machine.sh");

/** Another machine with an engine and sshd of its own; Needs root. */
export class SecondMachine {
  readonly dir: string;
  readonly address: string;
  private constructor(dir: string, address: string) {
    this.dir = dir;
    this.address = address;
  }

  static async up(): Promise<SecondMachine> {
    const dir = join(await mkdtemp(join(tmpdir(), "graph-mgr-second-")), "machine");
    const { stdout } = await execa("bash", [SCRIPT, "up", dir], { stdin: "ignore" });
    return new SecondMachine(dir, stdout.trim().split("\n").at(-1) ?? "");
  }

  /** This machine, as that one sees it. */
  get here(): string {
    return this.address.replace(/\.1$/, ".254");
  }

  get target(): string {
    return `root@${this.address}`;
  }

  /** How graph-mgr gets in. */
  get access(): readonly string[] {
    return ["--identity", join(this.dir, "key"), "--known-hosts", join(this.dir, "known_hosts")];
  }

  /** A command over there. */
  async run(...command: readonly string[]): Promise<string> {
    return (await execa("bash", [SCRIPT, "exec", this.dir, ...command], { stdin: "ignore" })).stdout;
  }

  /** graph-mgr over there, as the last move has put it there. */
  async json<T>(...args: readonly string[]): Promise<T> {
    const words = 'HOME=/root; cd /root; exec node $(ls -td .local/share/graph-mgr/*/ | head -1)dist/graph-mgr.js "$@"';
    return JSON.parse(await this.run("bash", "-c", words, "graph-mgr", ...args, "--json")) as T;
  }

  /** Takes away what came there, so that its ports are free for the next. */
  async clear(): Promise<void> {
    if (!(await this.run("ls", "-A", "/root")).includes("graphistry")) return;
    const { instances } = await this.json<{ readonly instances: readonly { readonly name: string }[] }>("list");
    for (const { name } of instances) {
      await this.json("stop", name);
      await this.json("remove", name, "--volumes", "--confirm", name, "--current", "--yes");
    }
  }

  async down(): Promise<void> {
    await execa("bash", [SCRIPT, "down", this.dir], { stdin: "ignore" });
    await rm(dirname(this.dir), { recursive: true, force: true });
  }
}
