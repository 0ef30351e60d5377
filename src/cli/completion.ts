import type { Home } from "../domain/home.ts";
import {
  backups,
  bundles,
  type Candidate,
  homeSeen,
  instances,
  operations,
  paths,
  type Sight,
  services,
} from "./completion-names.ts";
import { bashWord, splitLine } from "./completion-words.ts";
import { GLOBAL_OPTIONS } from "./surface/globals.ts";
import { COMMANDS, findCommand } from "./surface/index.ts";
import type { CommandSpec, OptionSpec } from "./surface/spec.ts";

/** What stands on the line before the word at the cursor. */
interface Before {
  readonly command: CommandSpec | null;
  readonly positionals: readonly string[];
  /** Names of the options that are given. */
  readonly given: readonly string[];
  /** `--home`. */
  readonly home: string | undefined;
  /** The option whose value comes next. */
  readonly pending: OptionSpec | null;
  /** `--` stood there: no option follows. */
  readonly isBehind: boolean;
}

const takesValue = ({ kind, bare }: OptionSpec): boolean => (kind === "text" || kind === "list") && bare === undefined;
const optionsOf = (command: CommandSpec | null): readonly OptionSpec[] => [...(command?.options ?? []), ...GLOBAL_OPTIONS];

function readBefore(words: readonly string[]): Before {
  let before: Before = { command: null, positionals: [], given: [], home: undefined, pending: null, isBehind: false };
  for (const word of words) {
    const { command, pending, given } = before;
    const [, name, value] = /^--(?:no-)?([^=]+)(?:=(.*))?$/s.exec(word) ?? [];
    if (pending !== null) before = { ...before, pending: null, ...(pending.name === "home" ? { home: word } : {}) };
    else if (!before.isBehind && word === "--") before = { ...before, isBehind: true };
    else if (!before.isBehind && name !== undefined) {
      const option = optionsOf(command).find(each => each.name === name);
      const isOpen = option !== undefined && takesValue(option) && value === undefined;
      before = { ...before, given: [...given, name], pending: isOpen ? option : null };
      if (name === "home" && value !== undefined) before = { ...before, home: value };
    } else if (!before.isBehind && word.startsWith("-") && word !== "-") continue;
    else if (command === null) before = { ...before, command: findCommand(word) ?? null };
    else before = { ...before, positionals: [...before.positionals, word] };
  }
  return before;
}

const ALL = () => true;

/** By what a value is called in help. Of a name that has to be typed nothing is offered. */
function valuesOf({ choices, value }: OptionSpec, sight: Sight, home: Home, typed: string): readonly Candidate[] {
  if (choices) return choices.map(each => ({ value: each, about: "" }));
  if (value === "INSTANCE") return instances(sight, home);
  if (value === "DIR" || value === "PLACE") return paths(sight, typed, () => false);
  return ["FILE", "LIST", "PROGRAM", "PATH"].includes(value ?? "") ? paths(sight, typed, ALL) : [];
}

/** What a positional that is called so may be; `what` depends on the word before it. */
const POSITIONALS: Readonly<Record<string, (sight: Sight, home: Home, typed: string, before: Before) => readonly Candidate[]>> = {
  instance: (sight, home) => instances(sight, home),
  bundle: (sight, home, typed) => bundles(sight, home, typed),
  file: (sight, _home, typed) => paths(sight, typed, ALL),
  folder: (sight, _home, typed) => paths(sight, typed, () => false),
  service: (sight, home, _typed, { positionals }) => services(sight, home, positionals[0] ?? ""),
  id: (sight, home) => operations(sight, home),
  what: (sight, home, typed, { command, positionals }) => {
    if (command?.name === "export") return [...instances(sight, home), ...bundles(sight, home, typed)];
    if (command?.name !== "backup") return [];
    return ["verify", "restore"].includes(positionals[0] ?? "")
      ? [...backups(sight, home), ...paths(sight, typed, ALL)]
      : instances(sight, home);
  },
};

function positionalsFor(before: Before, sight: Sight, home: Home, typed: string): readonly Candidate[] {
  const { command, positionals } = before;
  if (command === null)
    return COMMANDS.filter(({ isPlumbing }) => !isPlumbing).map(each => ({ value: each.name, about: each.summary }));
  if (command.passesOn && before.isBehind) return [];
  const last = command.positionals.at(-1);
  const spec = command.positionals[positionals.length] ?? (last?.many ? last : undefined);
  if (spec?.choices) return spec.choices.map(value => ({ value, about: "" }));
  return POSITIONALS[spec?.name ?? ""]?.(sight, home, typed, before) ?? [];
}

const optionsFor = ({ command, given }: Before): readonly Candidate[] =>
  optionsOf(command)
    .filter(({ name, kind }) => kind === "list" || !given.includes(name))
    .map(({ name, kind, describe }) => ({ value: `--${kind === "on" ? "no-" : ""}${name}`, about: describe }));

/** What the word at the cursor may become. @param words before it, without the program; @param typed of it */
export async function candidates(words: readonly string[], typed: string, sight: Sight): Promise<readonly Candidate[]> {
  const before = readBefore(words);
  const home = await homeSeen(sight, before.home);
  const [, name = "", begun] = (!before.isBehind && /^--([^=]+)=(.*)$/s.exec(typed)) || [];
  const found =
    before.pending !== null
      ? valuesOf(before.pending, sight, home, typed)
      : begun !== undefined
        ? optionsOf(before.command)
            .filter(each => each.name === name)
            .flatMap(each => valuesOf(each, sight, home, begun))
            .map(({ value, about }) => ({ value: `--${name}=${value}`, about }))
        : typed.startsWith("-") && !before.isBehind
          ? optionsFor(before)
          : positionalsFor(before, sight, home, typed);
  // A name with a line break or the like could not be told from two.
  return found.filter(({ value }) => value.startsWith(typed) && !/\p{Cc}/u.test(value));
}

/**
 * What the shells' scripts ask for, a line for each candidate: `bash LINE BREAKS` (the line up to the cursor, and `$COMP_WORDBREAKS`),
 * `zsh WORDS... TYPED` and `fish WORDS... TYPED` (without the program; for fish TYPED is as it was typed).
 */
export async function completeLines(asked: readonly string[], sight: Sight): Promise<readonly string[]> {
  const [shell, ...rest] = asked;
  if (shell === "bash") {
    const { words, current } = splitLine(rest[0] ?? "", rest[1] ?? "");
    const own = words.slice(words.findIndex(word => !/^\w+=/.test(word)) + 1);
    return (await candidates(own, current.text, sight)).map(({ value }) => bashWord(value, current));
  }
  const typed = rest.at(-1) ?? "";
  const found = await candidates(rest.slice(0, -1), shell === "fish" ? splitLine(typed, "").current.text : typed, sight);
  return found.map(({ value, about }) => `${value}\t${about}`);
}
