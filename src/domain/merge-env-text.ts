import { EnvFile } from "./env-file.ts";
import type { Target } from "./merge-env.ts";
import { type EnvEntry, entriesOf, sameEntry } from "./merge-keys.ts";

interface Written {
  /** The text that is written into: its comments and its order stay. */
  readonly canvas: string;
  readonly path: string;
  /** The administrator's text, from which whole lines are taken for keys that the canvas has not. */
  readonly mine: string;
  /** The vendor's old text: a comment that stands in there is the vendor's. */
  readonly base: string;
  readonly targets: ReadonlyMap<string, Target>;
}

/** The canvas with every key as it was decided, each value spelled exactly as its side spells it. */
export function writeTargets({ canvas, path, mine, base, targets }: Written): string {
  const own = entriesOf(mine, path);
  let text = canvas;
  const added: [number, EnvEntry][] = [];
  for (const [key, target] of targets) {
    const present = entriesOf(text, path).get(key);
    if (target.take === "nothing") {
      if (present) text = EnvFile.parse(text, path).without(key).text;
    } else if (target.take === "text") text = EnvFile.parse(text, path).with(key, target.text).text;
    else if (present === undefined) added.push([own.get(key)?.from ?? Number.MAX_SAFE_INTEGER, target.entry]);
    else if (present.statement !== target.entry.statement && !(target.take === "theirs" && sameEntry(present, target.entry)))
      text = withStatement(text, path, key, target.entry);
  }
  // In the administrator's order: a value may interpolate one that stands above it.
  for (const [, entry] of added.sort(([one], [other]) => one - other)) text = withLines(text, { entry, mine, base });
  return text;
}

/** With the statement of `key` that counts replaced; what stands behind it on its line stays, as long as it does not become part of the value. */
function withStatement(text: string, path: string, key: string, entry: EnvEntry): string {
  const present = entriesOf(text, path).get(key);
  if (!present) return text;
  const [before, after] = [text.slice(0, present.from), text.slice(present.to)];
  const spliced = before + entry.statement + after;
  return means(spliced, text, path, key, entry)
    ? spliced
    : before + entry.statement + newlineOf(text) + after.replace(/^[ \t]+/, "");
}

/** Whether `text` says `entry` for the key, and for all others what `old` said. */
function means(text: string, old: string, path: string, key: string, entry: EnvEntry): boolean {
  try {
    const [now, was] = [entriesOf(text, path), entriesOf(old, path)];
    return (
      now.get(key)?.raw === entry.raw &&
      [...was].every(([other, { raw }]) => other === key || now.get(other)?.raw === raw) &&
      [...now.keys()].every(other => other === key || was.has(other))
    );
  } catch {
    return false;
  }
}

interface Line {
  readonly entry: EnvEntry;
  readonly mine: string;
  readonly base: string;
}

/** With the administrator's own line at the end, and the comments of his that stand right above it. */
function withLines(text: string, { entry, mine, base }: Line): string {
  const newline = newlineOf(text);
  const gap = text === "" || text === "\uFEFF" || text.endsWith("\n") ? "" : newline;
  // Where the entry is of another file, there is no line of it here.
  const isHere = mine.slice(entry.from, entry.to) === entry.statement;
  const comments = isHere ? commentsAbove(mine, mine.lastIndexOf("\n", entry.from - 1) + 1, base) : [];
  const rest = (isHere ? /^[ \t]+#[^\n]*/.exec(mine.slice(entry.to))?.[0].replace(/\r$/, "") : undefined) ?? "";
  return `${text}${gap}${comments.map(line => line + newline).join("")}${entry.statement}${rest}${newline}`;
}

function commentsAbove(mine: string, lineStart: number, base: string): readonly string[] {
  const vendors = new Set(base.split("\n").map(line => line.trim()));
  const comments: string[] = [];
  const above = mine
    .slice(0, lineStart)
    .replace(/^\uFEFF/, "")
    .split("\n")
    .slice(0, -1);
  for (const line of above.reverse()) {
    if (!line.trimStart().startsWith("#") || vendors.has(line.trim())) break;
    comments.unshift(line.replace(/\r$/, ""));
  }
  return comments;
}

const newlineOf = (text: string): string => (text.includes("\r\n") ? "\r\n" : "\n");
