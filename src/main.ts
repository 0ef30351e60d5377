import { readFileSync } from "node:fs";
import { stripVTControlCharacters } from "node:util";
import { program } from "./cli/program.ts";
import type { GlobalFlags, Session } from "./cli/session.ts";
import { EXIT, Interrupted, messageOf, OperatorError } from "./errors.ts";

// Everything that is written is for its owner alone unless it says otherwise.
process.umask(0o077);

const argv = process.argv.slice(2);
const isJson = argv.includes("--json");
const isVerbose = argv.includes("--verbose") || argv.includes("-v");
const root = new URL("../", import.meta.url);

/** Ctrl-C and SIGTERM end between steps; a second one changes nothing about that. A lost terminal ends nothing. */
const stop = new AbortController();
for (const name of ["SIGINT", "SIGTERM"] as const) {
  process.on(name, () => {
    if (stop.signal.aborted) process.stderr.write("Still at the step; it ends first.\n");
    else {
      process.stderr.write(isOperating ? "\nStopping after this step.\n" : "\n");
      stop.abort();
      if (!isOperating) process.exit(EXIT.cancelled);
    }
  });
}
process.on("SIGHUP", () => undefined);
// Somebody closed our output (a pager, a lost terminal): what is at work goes on.
for (const stream of [process.stdout, process.stderr]) stream.on("error", () => undefined);

let isOperating = false;

async function openSession(flags: GlobalFlags): Promise<Session> {
  const { createSession } = await import("./session.ts");
  return await createSession({
    flags,
    environment: process.env,
    cwd: process.cwd(),
    root,
    isTerminal: process.stderr.isTTY === true,
    canAsk: process.stdin.isTTY === true && process.stderr.isTTY === true,
    columns: process.stderr.columns ?? 100,
    signal: stop.signal,
    print: text => void process.stdout.write(`${text}\n`),
    write: text => void process.stderr.write(text),
    pid: process.pid,
    operating: now => {
      isOperating = now;
    },
  });
}

function report(error: unknown): number {
  if (error instanceof Interrupted) return EXIT.cancelled;
  const known = error instanceof OperatorError;
  const code = known ? error.code : "BUG";
  const exit = known ? error.exit : EXIT.bug;
  const hint = known ? error.hint : "run it again with --verbose and report what it prints";
  const message = stripVTControlCharacters(messageOf(error));
  if (isJson) process.stdout.write(`${JSON.stringify({ error: { code, message, ...(hint === undefined ? {} : { hint }) } })}\n`);
  process.stderr.write(`Error: ${message}\n${hint === undefined ? "" : `Try: ${hint}\n`}`);
  if ((isVerbose || !known) && error instanceof Error)
    process.stderr.write(`${error.stack ?? ""}\n${error.cause instanceof Error ? `caused by ${error.cause.stack ?? ""}\n` : ""}`);
  return exit;
}

let exitCode: number = EXIT.ok;
try {
  const { version } = JSON.parse(readFileSync(new URL("package.json", root), "utf8")) as { version: string };
  const wiring = { openSession, version, columns: process.stdout.columns ?? 100, exitWith: (code: number) => (exitCode = code) };
  await program(argv, { ...wiring, exitWith: code => void wiring.exitWith(code) }).parseAsync();
} catch (error) {
  exitCode = report(error);
}
// Standard output may still be on its way through a pipe, so the process ends by itself.
process.exitCode = exitCode;
