import type { Readable } from "node:stream";
import { ExecaError, execa, type Options } from "execa";
import { Interrupted, OperatorError } from "../errors.ts";
import { type Command, childEnvironment, showCommand } from "./command.ts";

export interface RunOptions {
  /** Written to the child's standard input, which is then closed. Without it the child has none. */
  readonly input?: string;
  readonly timeoutMs?: number;
  /** Ends the child when it fires. Only for children whose end half-way does no harm. */
  readonly signal?: AbortSignal;
  /** Texts that must not appear in an error, e.g. a password that the child may print. */
  readonly secrets?: readonly string[];
  /** Above it the child is ended and the run fails; 64 MiB unless given. */
  readonly maxOutputBytes?: number;
  /** A line of output as it comes, from both streams. */
  readonly onLine?: (line: string) => void;
}

export type PipeOptions = Pick<RunOptions, "secrets"> & {
  /** Exit codes besides 0 that are no failure. */
  readonly passes?: readonly number[];
};

/** The one place where programs are started. */
export interface Executor {
  /** Standard output without its last newline. @throws OperatorError COMMAND_FAILED, NO_PROGRAM */
  run(command: Command, options?: RunOptions): Promise<string>;
  /** Streams into the child's standard input; an error of either end fails the run, and so does a source that ends before its end. Returns standard output. */
  feed(command: Command, source: Readable, options?: RunOptions): Promise<string>;
  /**
   * Standard output as it comes, without ever holding it; `source`, where there is one, goes into standard input. Whoever stops
   * reading ends the child. @throws OperatorError COMMAND_FAILED once the last piece was read, and what `source` threw
   */
  pipe(command: Command, source: Readable | null, options?: PipeOptions): AsyncGenerator<Buffer>;
  /** With the operator's own terminal; returns the exit code. */
  attach(command: Command): Promise<number>;
}

export const NOT_THERE = 127;

/**
 * @param environment our own, of which children see a part
 * @param dieTogether a prefix like `setpriv --pdeathsig KILL`, so that a killed graph-mgr leaves no child at work
 */
export function createExecutor(
  environment: Readonly<Record<string, string | undefined>>,
  dieTogether: readonly string[],
): Executor {
  const env = childEnvironment(environment);
  const start = (command: Command, options: RunOptions, more: Options) => {
    const [program = command.program, ...args] = [...dieTogether, command.program, ...command.args];
    return execa(program, args, {
      env: { ...env, ...command.env },
      extendEnv: false,
      // In a group of its own: Ctrl-C at the terminal reaches us, not the step that is at work.
      detached: true,
      cleanup: true,
      maxBuffer: options.maxOutputBytes ?? 64 * 1024 * 1024,
      ...(command.cwd === undefined ? {} : { cwd: command.cwd }),
      ...(options.timeoutMs === undefined ? {} : { timeout: options.timeoutMs }),
      ...(options.signal === undefined ? {} : { cancelSignal: options.signal }),
      ...more,
    });
  };
  const finish = async (command: Command, options: RunOptions, child: ReturnType<typeof start>): Promise<string> => {
    if (options.onLine) follow(child, options.onLine);
    try {
      const { stdout } = await child;
      return typeof stdout === "string" ? stdout : "";
    } catch (error) {
      throw explain(command, options, isMissing(error), error);
    }
  };
  // The prefix starts, and says itself that it found no such program: exit 127, as a shell does.
  const isMissing = (error: unknown): boolean =>
    error instanceof ExecaError &&
    (error.code === "ENOENT" ||
      (dieTogether.length > 0 && error.exitCode === 127 && textOf(error.stderr).startsWith(`${dieTogether[0]}: `)));
  return {
    run: (command, options = {}) =>
      finish(
        command,
        options,
        start(command, options, options.input === undefined ? { stdin: "ignore" } : { input: options.input }),
      ),
    async feed(command, source, options = {}) {
      const child = start(command, options, { stdin: "pipe" });
      const result = finish(command, options, child);
      source.on("error", error => child.kill("SIGTERM", error));
      let isRefused = false;
      // One that is given up has no end, for which the child would wait.
      source.on("close", () => source.readableEnded || isRefused || child.kill("SIGTERM"));
      if (child.stdin) {
        child.stdin.on("error", () => {
          isRefused = true;
          source.destroy();
        });
        source.pipe(child.stdin);
      }
      return await result;
    },
    async *pipe(command, source, options = {}) {
      const child = start(command, options, {
        stdin: source === null ? "ignore" : "pipe",
        encoding: "buffer",
        buffer: { stdout: false, stderr: true },
      });
      let failure: unknown = null;
      let passed = false;
      const ended = child.then(
        () => undefined,
        (error: unknown) => {
          passed = error instanceof ExecaError && options.passes?.includes(error.exitCode ?? -1) === true;
          failure ??= passed ? null : explain(command, options, isMissing(error), error);
        },
      );
      if (source !== null && child.stdin) {
        source.on("error", error => {
          failure ??= error;
          child.kill("SIGTERM");
        });
        child.stdin.on("error", () => source.destroy());
        source.pipe(child.stdin);
      }
      let isWhole = false;
      try {
        if (child.stdout) for await (const piece of child.stdout as AsyncIterable<Buffer>) yield piece;
        isWhole = true;
      } finally {
        if (!isWhole) child.kill("SIGTERM");
        await ended;
        source?.destroy();
      }
      if (failure !== null) throw failure;
    },
    async attach(command) {
      const child = execa(command.program, command.args, {
        env: { ...env, ...command.env },
        extendEnv: false,
        stdio: "inherit",
        reject: false,
        ...(command.cwd === undefined ? {} : { cwd: command.cwd }),
      });
      const { exitCode, signal, code } = await child;
      // As a shell says it, of what interrupted it and of a program that is not there.
      return exitCode ?? (signal === "SIGINT" ? 130 : code === "ENOENT" ? NOT_THERE : 1);
    },
  };
}

function follow(
  child: { readonly stdout?: Readable | null; readonly stderr?: Readable | null },
  onLine: (line: string) => void,
): void {
  for (const stream of [child.stdout, child.stderr]) {
    let rest = "";
    stream?.on("data", (chunk: Buffer | string) => {
      const lines = (rest + chunk.toString()).split(/\r?\n|\r/);
      rest = lines.pop() ?? "";
      for (const line of lines) if (line.trim() !== "") onLine(line.trim());
    });
  }
}

function explain(command: Command, options: RunOptions, isMissing: boolean, error: unknown): unknown {
  if (!(error instanceof ExecaError)) return error;
  if (error.isCanceled) return new Interrupted("stopped while waiting");
  if (isMissing) {
    return new OperatorError("NO_PROGRAM", `There is no program "${command.program}" here.`, {
      hint: `install ${command.program}, or put it on the PATH`,
      cause: error,
    });
  }
  const said = hide(lastLines(textOf(error.stderr) || textOf(error.stdout)), options.secrets ?? []);
  const engine = command.program === "docker" ? engineFault(said, error) : null;
  if (engine !== null) return engine;
  const how = error.timedOut
    ? `did not end within ${(options.timeoutMs ?? 0) / 1000} s`
    : error.isMaxBuffer
      ? "printed more than can be held"
      : `ended with ${error.signal ?? `code ${error.exitCode ?? "unknown"}`}`;
  const what = hide(showCommand({ ...command, args: command.args.slice(0, 8) }), options.secrets ?? []);
  return new OperatorError(
    "COMMAND_FAILED",
    `\`${what}${command.args.length > 8 ? " ..." : ""}\` ${how}${said === "" ? "." : `: ${said}`}`,
    {
      cause: new Error(hide(error.shortMessage, options.secrets ?? [])),
    },
  );
}

/** Before the command was even heard. */
function engineFault(said: string, cause: unknown): OperatorError | null {
  if (/permission denied while trying to connect to the docker/i.test(said))
    return new OperatorError("NO_ENGINE", "This user may not use the Docker Engine.", {
      hint: "run it as root (sudo), or have this user added to the group docker, which is as much as being root",
      cause,
    });
  const [unheard] = /cannot connect to the docker daemon[^\n]*/i.exec(said) ?? [];
  if (unheard !== undefined)
    return new OperatorError("NO_ENGINE", `The Docker Engine does not answer: ${unheard}`, {
      hint: "start it, e.g. `systemctl start docker`, and see `docker info`",
      cause,
    });
  return null;
}

const textOf = (output: unknown): string =>
  output instanceof Uint8Array ? Buffer.from(output).toString("utf8") : String(output ?? "");

const lastLines = (text: string, count = 10): string => text.trim().split("\n").slice(-count).join("\n");

function hide(text: string, secrets: readonly string[]): string {
  return secrets.filter(secret => secret.length > 0).reduce((shown, secret) => shown.replaceAll(secret, "[hidden]"), text);
}
