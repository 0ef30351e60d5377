import { readdirSync, readFileSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { program } from "./cli/program.ts";
import type { GlobalFlags, Phase, Session } from "./cli/session.ts";
import { tryText, wrap } from "./cli/text.ts";
import { hintNamingHome } from "./cli/typed-commands.ts";
import { EXIT, Interrupted, messageOf, OperatorError, systemError } from "./errors.ts";

// Everything that is written is for its owner alone unless it says otherwise.
process.umask(0o077);

const argv = process.argv.slice(2);
/** What stands behind `--` is for another program. */
const own = argv.includes("--") ? argv.slice(0, argv.indexOf("--")) : argv;
const isJson = own.includes("--json");
const isVerbose = own.includes("--verbose") || own.some(word => /^-[a-z]*v/.test(word));
/** Where the program lies, with `package.json` and the templates. */
let root: URL;

let phase: Phase = "looking";
/** Of another home than what is taken without `--home`. */
let homeToName: string | null = null;
const stop = new AbortController();
const lost = new AbortController();

const cancelled = () => new OperatorError("CANCELLED", "Cancelled; nothing was changed.", { exit: EXIT.cancelled });
const AT_A_SIGNAL: Readonly<Record<Phase, { readonly first: string; readonly again: string }>> = {
  looking: { first: "", again: "" },
  operating: { first: "\nStopping after this step.\n", again: "Still at this step; it is finished first.\n" },
  undoing: { first: "\nGoing back is not cut off; it goes on to its end.\n", again: "Still going back.\n" },
  // The program that has the terminal gets the signal as well, and it decides.
  attached: { first: "", again: "" },
  watching: { first: "", again: "" },
};

// Ctrl-C and SIGTERM end between steps, and a second one changes nothing about that.
for (const name of ["SIGINT", "SIGTERM"] as const) {
  process.on(name, () => {
    const isAgain = stop.signal.aborted;
    if (phase === "attached" && name === "SIGINT") return;
    stop.abort();
    process.stderr.write(AT_A_SIGNAL[phase][isAgain ? "again" : "first"]);
    if (phase === "looking" || phase === "attached") process.exit(report(cancelled()));
  });
}
// A lost terminal ends questions, and nothing else: what is at work goes on as in a script.
process.on("SIGHUP", () => {
  lost.abort();
  if (phase === "watching") stop.abort();
});
// The same when an end of ours is closed: by a pager, or with the terminal.
for (const stream of [process.stdin, process.stdout, process.stderr]) {
  stream.on("error", () => {
    if (phase === "watching") stop.abort();
  });
}
process.on("uncaughtException", error => process.exit(report(error)));

/** A terminal that does not know its own size says 0. */
const columns = (): number => process.stderr.columns || 80;

async function openSession(flags: GlobalFlags): Promise<Session> {
  const { createSession } = await import("./session.ts");
  return await createSession({
    flags,
    environment: process.env,
    cwd: process.cwd(),
    program: [process.execPath, resolve(process.argv[1] ?? "")],
    root,
    // A dumb terminal shows what would move its cursor as signs.
    isTerminal: process.stderr.isTTY === true && process.env["TERM"] !== "dumb",
    isTerminalBothWays: () => process.stdin.isTTY === true && process.stdout.isTTY === true,
    canAsk: process.stdin.isTTY === true && process.stderr.isTTY === true,
    terminal: { input: process.stdin, output: process.stderr },
    columns,
    rows: () => process.stderr.rows || 24,
    printColumns: () => (process.stdout.isTTY === true ? process.stdout.columns || 80 : null),
    signal: stop.signal,
    lost: lost.signal,
    print: text => void process.stdout.write(`${text}\n`),
    write: text => void process.stderr.write(text),
    pid: process.pid,
    nameHome: home => {
      homeToName = home;
    },
    phase: now => {
      phase = now;
    },
  });
}

/** Says what went wrong, for people and with `--json` for scripts, and returns the exit code. */
function report(error: unknown): number {
  const known = error instanceof OperatorError ? error : error instanceof Interrupted ? cancelled() : systemError(error);
  const code = known?.code ?? "BUG";
  const hint = known === null ? "report this with the lines below; nothing that was journalled is lost" : known.hint;
  const message = stripVTControlCharacters(messageOf(known ?? error));
  if (isJson) process.stdout.write(`${JSON.stringify({ error: { code, message, hint: hint ?? null, ...known?.facts } })}\n`);
  const said = `${known?.exit === EXIT.cancelled ? "" : "Error: "}${message}`;
  // What is to be typed stays in one piece, so that it can be copied.
  const shown = process.stderr.isTTY ? wrap(said, columns() - 1) : said;
  const named = hint === undefined || homeToName === null || known?.exit === EXIT.usage ? hint : hintNamingHome(hint, homeToName);
  const tried = named === undefined ? "" : `${tryText(named, process.stderr.isTTY ? columns() - 1 : null)}\n`;
  process.stderr.write(`${shown}\n${tried}`);
  if ((isVerbose || known === null) && error instanceof Error)
    process.stderr.write(`${error.stack ?? ""}\n${error.cause instanceof Error ? `caused by ${error.cause.stack ?? ""}\n` : ""}`);
  return known?.exit ?? EXIT.bug;
}

const orNull = <T>(look: () => T): T | null => {
  try {
    return look();
  } catch {
    return null;
  }
};

/** Links count as what they lead to. */
const namesIn = (folder: string) =>
  orNull(() =>
    readdirSync(folder, { withFileTypes: true }).map(each => ({
      name: each.name,
      isFolder:
        each.isDirectory() || (each.isSymbolicLink() && orNull(() => statSync(join(folder, each.name)).isDirectory()) === true),
    })),
  );

async function main(): Promise<number> {
  const { version } = JSON.parse(readFileSync(new URL("package.json", root), "utf8")) as { version: string };
  return await program(argv, {
    openSession,
    version,
    columns: process.stdout.columns || 80,
    environment: process.env,
    sight: {
      get cwd() {
        return process.cwd();
      },
      userHome: process.env["HOME"] ?? homedir(),
      variable: process.env["GRAPH_MGR_HOME"],
      list: namesIn,
      read: path => orNull(() => readFileSync(path, "utf8")),
    },
    print: text => void process.stdout.write(`${text}\n`),
    note: text => void process.stderr.write(`${text}\n`),
  });
}

// Standard output may still be on its way through a pipe, so the process ends by itself.
const end = (exitCode: number): void => {
  process.exitCode = exitCode;
};

/** The program, from its command line to its exit code. */
export async function run(installed: URL): Promise<void> {
  root = installed;
  await main().then(end, (error: unknown) => end(report(error)));
}
