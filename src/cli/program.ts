import { EXIT, OperatorError } from "../errors.ts";
import type { Arguments } from "./arguments.ts";
import type { Sight } from "./completion-names.ts";
import { commandHelp, programHelp } from "./help.ts";
import type { GlobalFlags, Session } from "./session.ts";
import { findCommand } from "./surface/index.ts";
import type { CommandSpec } from "./surface/spec.ts";

/** What the bin gives the commands: a session is made only when a command needs one, so that `--help` stays fast. */
export interface Wiring {
  readonly openSession: (flags: GlobalFlags) => Promise<Session>;
  readonly version: string;
  /** Of the terminal. */
  readonly columns: number;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** For completion. */
  readonly sight: Sight;
  /** Standard output, a line. */
  readonly print: (text: string) => void;
  /** Standard error, a line. */
  readonly note: (text: string) => void;
}

/** Reads the command line, carries it out and returns the exit code. @throws OperatorError, Interrupted */
export async function program(argv: readonly string[], wiring: Wiring): Promise<number> {
  const { version, columns, print, note } = wiring;
  if (argv[0] === "__complete") {
    const { completeLines } = await import("./completion.ts");
    for (const line of await completeLines(argv.slice(1), wiring.sight)) print(line);
    return EXIT.ok;
  }
  const isJson = ownWords(argv).includes("--json");
  const help = (command: CommandSpec | null): number => {
    const text = command === null ? programHelp(version, columns) : commandHelp(command, columns);
    print(isJson ? JSON.stringify({ help: text }) : text);
    return EXIT.ok;
  };
  if (asksForHelp(argv))
    return help(
      ownWords(argv)
        .map(findCommand)
        .find(command => command !== undefined) ?? null,
    );
  const { readArguments } = await import("./arguments.ts");
  const wanted = readArguments(argv);
  if (wanted.what === "help") return help(wanted.command);
  if (wanted.what === "version") {
    print(isJson ? JSON.stringify({ version }) : version);
    return EXIT.ok;
  }
  if (wanted.what === "nothing") {
    if (!isJson) note(`${programHelp(version, columns)}\n`);
    throw new OperatorError("USAGE", "No command was given.", { exit: EXIT.usage, hint: "graph-mgr --help" });
  }
  const args = wanted.arguments;
  if (args.command.isRaw && args.flag("json"))
    throw new OperatorError("USAGE", `\`${args.command.name}\` prints what docker compose prints; it has no --json.`, {
      exit: EXIT.usage,
      hint: "leave --json out",
    });
  const session = await wiring.openSession(flagsOf(args, wiring.environment));
  const { HANDLERS } = await import("./handlers.ts");
  const handler = HANDLERS[args.command.name];
  if (!handler) throw new Error(`the command ${args.command.name} has no handler`);
  const code = await handler(session, args);
  return typeof code === "number" ? code : EXIT.ok;
}

/** What stands behind `--` is for another program. */
const ownWords = (argv: readonly string[]): readonly string[] => (argv.includes("--") ? argv.slice(0, argv.indexOf("--")) : argv);

/** Found out without the parser, because loading that takes longer than all else that help does. */
const asksForHelp = (argv: readonly string[]): boolean => ownWords(argv).some(word => word === "--help" || word === "-h");

const flagsOf = (args: Arguments, environment: Wiring["environment"]): GlobalFlags => ({
  home: args.text("home"),
  json: args.flag("json"),
  yes: args.flag("yes"),
  input: args.flag("input"),
  dryRun: args.flag("dry-run"),
  quiet: args.flag("quiet"),
  verbose: args.flag("verbose"),
  // https://no-color.org: any value that is not empty.
  color: args.flag("color") && (environment["NO_COLOR"] ?? "") === "" && environment["TERM"] !== "dumb",
});
