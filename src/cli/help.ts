import { GLOBAL_OPTIONS } from "./surface/globals.ts";
import { COMMANDS, PROGRAM_EXAMPLES } from "./surface/index.ts";
import type { CommandSpec, OptionSpec, PositionalSpec } from "./surface/spec.ts";
import { wrap } from "./text.ts";

type Row = readonly [string, string];

const WIDEST = 80;
const LEFT_AT_MOST = 34;

/** `install [BUNDLE]`: what stands on the command line. */
export const usageOf = ({ name, positionals, passesOn }: CommandSpec): string =>
  [name, ...positionals.map(positionalText), ...(passesOn ? ["-- ARGS"] : [])].join(" ");

function positionalText({ name, required, many }: PositionalSpec): string {
  const text = `${name.toUpperCase()}${many ? "..." : ""}`;
  return required ? text : `[${text}]`;
}

/** `-n, --dry-run`, `--no-launch`, `--port SERVICE:CONTAINER=PORT`. */
export function optionText({ name, short, kind, value, choices, bare }: OptionSpec): string {
  const long = `--${kind === "on" ? "no-" : ""}${name}`;
  const taken = choices ? choices.join("|") : (value ?? "VALUE");
  const behind = kind === "text" || kind === "list" ? ` ${bare ? `[${taken}]` : taken}` : "";
  return `${short === undefined ? "" : `-${short}, `}${long}${behind}`;
}

/** Two columns; a left side that is too long gets a line of its own. */
function rows(all: readonly Row[], columns: number): string {
  const lefts = all.map(([left]) => left.length).filter(length => length <= LEFT_AT_MOST);
  const at = Math.max(0, ...lefts) + 4;
  return all
    .map(([left, right]) => {
      const lines = wrap(right, columns - at).split("\n");
      const begin = left.length + 4 <= at ? `  ${left.padEnd(at - 2)}${lines.shift() ?? ""}` : `  ${left}`;
      return [begin, ...lines.map(line => `${" ".repeat(at)}${line}`)].join("\n");
    })
    .join("\n");
}

/** A command line, and below it why one would type it: command lines are too long to stand beside anything. */
const exampleLines = (examples: CommandSpec["examples"], columns: number): string => {
  const at = Math.max(...examples.map(([line]) => line.length)) + "  graph-mgr ".length + 2;
  const fits = examples.every(([, why]) => at + why.length <= columns);
  return examples
    .map(([line, why]) => (fits ? `${`  graph-mgr ${line}`.padEnd(at)}${why}` : `  graph-mgr ${line}\n      ${why}`))
    .join("\n");
};

const globalRows = (): readonly Row[] => GLOBAL_OPTIONS.map(option => [optionText(option), option.describe]);

/** What `graph-mgr --help` says. @param columns of the terminal; never more than 80 are used */
export function programHelp(version: string, columns: number): string {
  const width = Math.min(WIDEST, columns);
  return [
    wrap(
      `graph-mgr ${version}: install, run, copy and remove releases of a product that ships as a Docker Compose bundle.`,
      width,
    ),
    `Examples:\n${exampleLines(PROGRAM_EXAMPLES, width)}`,
    `Commands:\n${rows(
      COMMANDS.map(command => [usageOf(command), command.summary]),
      width,
    )}`,
    `Options of every command:\n${rows(globalRows(), width)}`,
    wrap("`graph-mgr COMMAND --help` says more about a command.", width),
  ].join("\n\n");
}

/** What `graph-mgr COMMAND --help` says. */
export function commandHelp(command: CommandSpec, columns: number): string {
  const width = Math.min(WIDEST, columns);
  const { positionals, options, notes = [] } = command;
  return [
    wrap(`${command.summary}.`, width),
    `Examples:\n${exampleLines(command.examples, width)}`,
    `Usage:\n  graph-mgr ${usageOf(command)}${options.length > 0 ? " [OPTIONS]" : ""}`,
    ...(positionals.length > 0
      ? [
          `What it is about:\n${rows(
            positionals.map(each => [`${each.name.toUpperCase()}${each.many ? "..." : ""}`, each.describe]),
            width,
          )}`,
        ]
      : []),
    ...(options.length > 0
      ? [
          `Options:\n${rows(
            options.map(option => [optionText(option), option.describe]),
            width,
          )}`,
        ]
      : []),
    `Options of every command:\n${rows(globalRows(), width)}`,
    ...notes.map(note => wrap(note, width)),
  ].join("\n\n");
}
