import { shellWord } from "../domain/shell-word.ts";
import { COMMANDS } from "./surface/index.ts";

const NAMES: ReadonlySet<string> = new Set(COMMANDS.map(({ name }) => name));

/** With the action of those that have one. */
const COMMAND = /(?<![\w/.-])graph-mgr ((?:backup|boot|config|operations|postgres) [a-z]+|[a-z]+)(?![\w/-]|\.\w)/g;

/** Lines that tell what to type: they are indented, or say so. In a sentence a command is only spoken of. */
const TO_TYPE = /^\s+|: graph-mgr |See graph-mgr /;

/**
 * Where `--home` named another home than what would be taken without it, whoever types a command as it is shown must name it too: an instance of
 * the same name may be in that other one.
 */
export function namingHome(text: string, home: string): string {
  return text
    .split("\n")
    .map(line => (TO_TYPE.test(line) ? hintNamingHome(line, home) : line))
    .join("\n");
}

/** The same of a hint, all of which is to be typed. */
export const hintNamingHome = (hint: string, home: string): string =>
  / --home[ =]/.test(hint)
    ? hint
    : hint.replaceAll(COMMAND, (whole, words: string) =>
        NAMES.has(words.split(" ")[0] ?? "") ? `graph-mgr ${words} --home ${shellWord(home)}` : whole,
      );
