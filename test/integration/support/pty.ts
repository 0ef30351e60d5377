import { type ChildProcess, spawn } from "node:child_process";
import { stripVTControlCharacters } from "node:util";
import { BIN } from "./cli.ts";

const WAIT_MS = 90_000;

export const KEYS = { enter: "\r", down: "\u001b[B", up: "\u001b[A", ctrlC: "\u0003", ctrlD: "\u0004", clear: "\u0015" } as const;

/** graph-mgr in a terminal of its own, 80 columns wide, made by util-linux's `script`. */
export class Terminal {
  readonly #child: ChildProcess;
  readonly exit: Promise<number>;
  #raw = "";
  /** What was on the screen before this was waited for already. */
  #seen = 0;
  #wake: () => void = () => {};

  /** @param behind more for the shell, behind the command: a redirection */
  constructor(
    args: readonly string[],
    { cwd = "/", behind = "", env = {} }: { cwd?: string; behind?: string; env?: Readonly<Record<string, string>> } = {},
  ) {
    const quote = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;
    const command = [process.execPath, BIN, ...args].map(quote).join(" ");
    this.#child = spawn(
      "script",
      ["-qfec", `stty cols 80 rows 40; ${behind === "" ? "exec " : ""}${command} ${behind}`, "/dev/null"],
      {
        cwd,
        env: { ...process.env, GRAPH_MGR_HOME: "", TERM: "xterm", ...env },
        stdio: ["pipe", "pipe", "inherit"],
      },
    );
    this.#child.stdout?.on("data", (chunk: Buffer) => {
      this.#raw += chunk.toString("utf8");
      this.#wake();
    });
    this.exit = new Promise(resolve => this.#child.once("exit", code => resolve(code ?? -1)));
    void this.exit.then(() => this.#wake());
  }

  /** Everything that was written to the terminal, without colours and cursor movements. */
  get text(): string {
    return stripVTControlCharacters(this.#raw).replaceAll("\r", "\n");
  }

  /** What was written since the last `until`. */
  get fresh(): string {
    return this.text.slice(this.#seen);
  }

  /** Waits until this is written, after what was waited for before; lines may be broken between its words. */
  async until(wanted: string | RegExp): Promise<this> {
    const pattern =
      typeof wanted === "string" ? new RegExp(wanted.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&").replaceAll(" ", "\\s+")) : wanted;
    const deadline = Date.now() + WAIT_MS;
    for (;;) {
      const found = pattern.exec(this.fresh);
      if (found !== null) {
        this.#seen += found.index + found[0].length;
        return this;
      }
      if (this.#child.exitCode !== null || Date.now() > deadline)
        throw new Error(`"${wanted}" did not appear (exit ${this.#child.exitCode}):\n${this.text}`);
      await new Promise<void>(resolve => {
        const timer = setTimeout(resolve, 500);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  press(...keys: readonly string[]): this {
    for (const key of keys) this.#child.stdin?.write(key);
    return this;
  }

  /** The end of the terminal, as when the window is closed: its processes get SIGHUP. */
  close(): void {
    this.#child.kill("SIGKILL");
  }
}
