import type { Texts } from "./merge-input.ts";
import { entriesOf, sameEntry } from "./merge-keys.ts";
import { sameText, unifiedDiff } from "./merge-text.ts";

const list = (what: string, keys: readonly string[]): readonly string[] =>
  keys.length === 0 ? [] : [`${keys.join(", ")} ${what}`];

/**
 * What an administrator made of the vendor's files, a sentence a file: of env files the keys and no values, of others how many lines.
 * @param isEnv whether a path is that of an env file
 * @throws OperatorError ENV_FILE_UNREADABLE
 */
export function adoptedEdits(vendors: Texts, mine: Texts, isEnv: (path: string) => boolean): readonly string[] {
  return Object.entries(vendors).flatMap(([path, text]): readonly string[] => {
    const own = mine[path];
    if (own === undefined) return [`${path} is gone`];
    if (sameText(own, text)) return [];
    return [`${path}: ${isEnv(path) ? keysOf(text, own, path) : linesOf(text, own)}`];
  });
}

function keysOf(before: string, after: string, path: string): string {
  const [old, now] = [entriesOf(before, path), entriesOf(after, path)];
  const changed = [...now.keys()].filter(key => old.has(key) && !sameEntry(old.get(key), now.get(key)));
  const said = [
    ...list("changed", changed),
    ...list(
      "added",
      [...now.keys()].filter(key => !old.has(key)),
    ),
    ...list(
      "removed",
      [...old.keys()].filter(key => !now.has(key)),
    ),
  ];
  return said.length === 0 ? "comments or order changed" : said.join("; ");
}

function linesOf(before: string, after: string): string {
  const diff = unifiedDiff(before, after);
  const count = (sign: string): number => diff.filter(line => line.startsWith(sign)).length;
  return `${count("+")} line${count("+") === 1 ? "" : "s"} added, ${count("-")} removed`;
}
