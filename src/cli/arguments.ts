import { Parser } from "yargs/helpers";
import { EXIT, OperatorError } from "../errors.ts";
import { usageOf } from "./help.ts";
import { meantCommand } from "./meant-command.ts";
import { suggest } from "./suggest.ts";
import { GLOBAL_OPTIONS } from "./surface/globals.ts";
import { COMMANDS, findCommand } from "./surface/index.ts";
import type { CommandSpec, OptionSpec } from "./surface/spec.ts";

/** A command line that was understood. */
export class Arguments {
  readonly command: CommandSpec;
  /** Behind `--`, for another program. */
  readonly passedOn: readonly string[];
  readonly #positionals: readonly string[];
  readonly #options: Readonly<Record<string, unknown>>;
  constructor(
    command: CommandSpec,
    positionals: readonly string[],
    options: Readonly<Record<string, unknown>>,
    passedOn: readonly string[],
  ) {
    this.command = command;
    this.#positionals = positionals;
    this.#options = options;
    this.passedOn = passedOn;
  }
  /** The positional at this place, from 0. */
  readonly at = (place: number): string | undefined => this.#positionals[place];
  readonly from = (place: number): readonly string[] => this.#positionals.slice(place);
  readonly text = (name: string): string | undefined => this.#options[name] as string | undefined;
  readonly list = (name: string): readonly string[] => (this.#options[name] as readonly string[] | undefined) ?? [];
  /** For an option that is on unless `--no-...` is given: true. */
  readonly flag = (name: string): boolean =>
    (this.#options[name] as boolean | undefined) ??
    [...this.command.options, ...GLOBAL_OPTIONS].some(each => each.name === name && each.kind === "on");
  readonly isGiven = (name: string): boolean => this.#options[name] !== undefined;
}

export type Wanted =
  | { readonly what: "help"; readonly command: CommandSpec | null }
  | { readonly what: "version" }
  | { readonly what: "nothing" }
  | { readonly what: "run"; readonly arguments: Arguments };

const usage = (message: string, hint: string) => new OperatorError("USAGE", message, { exit: EXIT.usage, hint });

const ALL_OPTIONS: readonly OptionSpec[] = [...COMMANDS.flatMap(({ options }) => options), ...GLOBAL_OPTIONS];

/**
 * What a command line asks for. One parser for all commands, because no option means two things; everything that is
 * not understood is refused, so that a typing error never changes what is done.
 * @throws OperatorError USAGE
 */
export function readArguments(argv: readonly string[]): Wanted {
  refuseValuesOfFlags(argv);
  const { _: words, "--": behind = [], ...options } = parse(withEmptyValues(argv));
  const [name, ...positionals] = words.map(String);
  if (name === "help") return { what: "help", command: positionals[0] === undefined ? null : commandOf(positionals[0]) };
  const command = name === undefined ? null : commandOf(name);
  refuseUnknownOptions(options, command, argv);
  if (options["help"] === true) return { what: "help", command };
  if (options["version"] === true) return { what: "version" };
  // Several commands have an option of one name, each with values of its own.
  for (const option of [...(command?.options ?? []), ...ALL_OPTIONS])
    if (option.name in options) refuseBadValue(option, options[option.name]);
  if (command === null) return { what: "nothing" };
  const passedOn = behind.map(String);
  const rest = command.passesOn ? positionals : [...positionals, ...passedOn];
  refuseWrongCount(command, rest);
  const given = Object.fromEntries(
    Object.entries(options).flatMap(([key, value]) => {
      const option = ALL_OPTIONS.find(({ name }) => name === key);
      return option === undefined ? [] : [[key, option.bare && Array.isArray(value) && value.length === 0 ? [""] : value]];
    }),
  );
  return { what: "run", arguments: new Arguments(command, rest, given, command.passesOn ? passedOn : []) };
}

/** An option that stands bare gets its empty value, so that the parser does not take the next word for it. */
function withEmptyValues(argv: readonly string[]): readonly string[] {
  const end = argv.indexOf("--");
  return argv.map((word, at) => {
    const option = end >= 0 && at > end ? undefined : ALL_OPTIONS.find(({ name, bare }) => bare && word === `--${name}`);
    return option?.bare === undefined || option.bare.looksLike.test(argv[at + 1] ?? "") ? word : `${word}=`;
  });
}

interface Parsed {
  readonly _: readonly (string | number)[];
  readonly "--"?: readonly (string | number)[];
  readonly [option: string]: unknown;
}

/** With the parser of yargs alone: loading the rest of it takes longer than all else that reading a command line does. */
function parse(argv: readonly string[]): Parsed {
  const names = (kinds: readonly OptionSpec["kind"][]) =>
    ALL_OPTIONS.filter(({ kind }) => kinds.includes(kind)).map(({ name }) => name);
  return Parser([...argv], {
    boolean: names(["flag", "on"]),
    string: names(["text", "list"]),
    array: names(["list"]),
    alias: Object.fromEntries(ALL_OPTIONS.flatMap(({ name, short }) => (short === undefined ? [] : [[short, [name]]]))),
    configuration: {
      "populate--": true,
      "camel-case-expansion": false,
      "dot-notation": false,
      "parse-numbers": false,
      "parse-positional-numbers": false,
      // `--port web:80=81 v1.0.0`: what follows a list's value is not of the list.
      "greedy-arrays": false,
    },
  }) as Parsed;
}

function commandOf(name: string): CommandSpec {
  const command = findCommand(name);
  if (command) return command;
  const { isAction, hint } = meantCommand(name);
  throw usage(`There is no command ${quoted(name)}${isAction ? " by itself" : ""}.`, hint);
}

const quoted = (text: string): string => `"${text.length > 60 ? `${text.slice(0, 60)}...` : text}"`;
const helpOn = (command: CommandSpec | null): string => `graph-mgr ${command === null ? "" : `${command.name} `}--help`;

/** yargs reads `--dry-run=yes` as "no dry run". */
function refuseValuesOfFlags(argv: readonly string[]): void {
  const end = argv.indexOf("--");
  for (const word of end < 0 ? argv : argv.slice(0, end)) {
    const [, typed = "", name = ""] = /^(--?(?:no-)?([^=]+))=/.exec(word) ?? [];
    const option = ALL_OPTIONS.find(each => each.name === name || (!typed.startsWith("--") && each.short === name.slice(-1)));
    if (option?.kind === "flag" || option?.kind === "on") throw usage(`${typed} takes no value.`, typed);
  }
}

function refuseUnknownOptions(
  options: Readonly<Record<string, unknown>>,
  command: CommandSpec | null,
  argv: readonly string[],
): void {
  const known = [...(command?.options ?? []), ...GLOBAL_OPTIONS];
  for (const [key, value] of Object.entries(options)) {
    if (known.some(({ name, short }) => key === name || key === short)) continue;
    // `-name` is read as four short options.
    const word =
      key.length > 1
        ? key
        : (/^-([a-z-]{2,})/.exec(argv.find(each => /^-[a-z]/.test(each) && each.includes(key)) ?? "")?.[1] ?? "");
    const typed = key.length > 1 ? `--${value === false ? "no-" : ""}${key}` : `-${word === "" ? key : word}`;
    const meant = suggest(
      word,
      known.map(({ name }) => name),
    );
    const owners = COMMANDS.filter(each => each.options.some(({ name }) => name === key)).map(each => each.name);
    const elsewhere = command !== null && owners.length > 0;
    throw usage(
      `${command === null ? "There is no option" : `\`${command.name}\` has no option`} ${typed}${elsewhere ? `; ${owners.join(", ")} ${owners.length === 1 ? "has" : "have"}` : ""}.`,
      meant === null ? helpOn(command) : `${optionNamed(known, meant)}   (did you mean that?)`,
    );
  }
}

function optionNamed(known: readonly OptionSpec[], name: string): string {
  const option = known.find(each => each.name === name);
  return `--${option?.kind === "on" ? "no-" : ""}${name}`;
}

function refuseBadValue({ name, kind, value = "VALUE", choices, bare }: OptionSpec, given: unknown): void {
  if (kind === "flag" || kind === "on") return;
  if ([given].flat().includes(false)) throw usage(`There is no option --no-${name}.`, `--${name} ${value}`);
  const example = `--${name} ${choices ? choices.join(` or --${name} `) : value}`;
  if (kind === "text" && Array.isArray(given))
    throw usage(`--${name} was given ${given.length} times; it takes one value.`, example);
  const values = (Array.isArray(given) ? given : [given]).map(String);
  // What follows may be the next option: `--name --yes`.
  if (bare === undefined && (values.length === 0 || values.includes(""))) throw usage(`--${name} needs a value.`, example);
  const [odd] = choices ? values.filter(each => !choices.includes(each)) : [];
  if (odd !== undefined) throw usage(`--${name} takes ${choices?.join(" or ")}, not ${quoted(odd)}.`, example);
}

function refuseWrongCount(command: CommandSpec, given: readonly string[]): void {
  const { positionals } = command;
  const missing = positionals.find(({ required }, place) => required && (given[place] ?? "") === "");
  if (missing) throw usage(`\`${command.name}\` needs to know which ${missing.name}.`, `graph-mgr ${usageOf(command)}`);
  const empty = given.indexOf("");
  if (empty >= 0)
    throw usage(
      `\`${command.name}\` was given an empty ${positionals[empty]?.many === true ? "word" : (positionals[empty]?.name ?? "word")}.`,
      `graph-mgr ${usageOf(command)}`,
    );
  if (positionals.some(({ many }) => many) || given.length <= positionals.length) return;
  const odd = given[positionals.length] ?? "";
  throw usage(
    `\`${command.name}\` does not know what to do with ${quoted(odd)}.`,
    command.passesOn ? `graph-mgr ${command.name} ${given[0]} -- ${given.slice(1).join(" ")}` : `graph-mgr ${usageOf(command)}`,
  );
}
