import { diff3Merge, diffIndices } from "node-diff3";

/** One place that both sides changed, each in its own way. */
export interface Hunk {
  /** Where it begins in the vendor's new text, counted from 1. */
  readonly line: number;
  readonly base: string;
  readonly mine: string;
  readonly theirs: string;
}

export interface MergedText {
  /** Null when there are conflicts. */
  readonly text: string | null;
  readonly conflicts: readonly Hunk[];
}

interface Sides {
  readonly base: string;
  readonly mine: string;
  readonly theirs: string;
}

/**
 * Lines that are equal, counted as pairs: the time that a comparison takes grows with them, and a few thousand blank lines on
 * both sides would take minutes. No configuration comes near this.
 */
const MOST_PAIRS = 300_000;

/**
 * Merges two changes of one text line by line (diff3). Equal changes are no conflict; changes that touch are one. Line
 * ends and a missing newline at the end are no changes.
 *
 * @param prefer whose lines count where both changed the same place, or `marks` for both between marks; without it such a place is a conflict
 */
export function mergeText(sides: Sides, prefer?: "mine" | "marks"): MergedText {
  const mine = alike(sides.mine, sides.base);
  const [base, theirs] = [closed(sides.base), closed(sides.theirs)];
  if (mine === base || mine === theirs) return { text: sides.theirs, conflicts: [] };
  if (base === theirs) return { text: mine, conflicts: [] };
  const lines = [mine, base, theirs].map(linesOf) as [string[], string[], string[]];
  if (!comparable(lines[1], lines[0]) || !comparable(lines[1], lines[2]))
    return { text: null, conflicts: [{ line: 1, base: sides.base, mine, theirs: sides.theirs }] };
  const parts: string[] = [];
  const conflicts: Hunk[] = [];
  for (const { ok, conflict } of diff3Merge<string>(...lines, { excludeFalseConflicts: true })) {
    if (ok) parts.push(...ok);
    if (!conflict) continue;
    if (prefer === "mine") parts.push(...conflict.a);
    else if (prefer === "marks")
      parts.push(`${MARKS.mine}\n`, ...conflict.a, `${MARKS.between}\n`, ...conflict.b, `${MARKS.theirs}\n`);
    else {
      const [own, old, fresh] = [conflict.a, conflict.o, conflict.b].map(each => each.join("")) as [string, string, string];
      conflicts.push({ line: conflict.bIndex + 1, base: old, mine: own, theirs: fresh });
    }
  }
  const text = parts.join("");
  if (conflicts.length > 0) return { text: null, conflicts };
  return { text: text === theirs ? sides.theirs : text, conflicts: [] };
}

/**
 * The same where changes may stand right beside each other, which diff3 takes for a conflict. Whoever takes this has to see that the result means
 * what both meant.
 * @returns null where both changed the same lines, or put something into the same place
 */
export function mergeBeside(sides: Sides): string | null {
  const [base, mine, theirs] = [closed(sides.base), alike(sides.mine, sides.base), closed(sides.theirs)].map(linesOf) as [
    string[],
    string[],
    string[],
  ];
  if (!comparable(base, mine) || !comparable(base, theirs)) return null;
  const changes = [...diffIndices(base, mine), ...diffIndices(base, theirs)].sort(
    (a, b) => a.buffer1[0] - b.buffer1[0] || a.buffer1[1] - b.buffer1[1],
  );
  const out: string[] = [];
  let position = 0;
  let last = -1;
  for (const { buffer1, buffer2Content } of changes) {
    const [start, length] = buffer1;
    // Of two that begin at one place the first must be put in before it, and not replace anything of it.
    if (start < position || (start === last && length === 0)) return null;
    out.push(...base.slice(position, start), ...buffer2Content);
    position = start + length;
    last = start;
  }
  return [...out, ...base.slice(position)].join("");
}

/** Whether an editor only changed line ends or the newline at the end. */
export const sameText = (one: string, other: string): boolean => alike(one, other) === closed(other);

/** With the line ends of `model`, when the whole text has others, and a newline at the end. */
function alike(text: string, model: string): string {
  const ends = /\r\n/.test(text) && !/\r\n/.test(model) ? text.replaceAll("\r\n", "\n") : text;
  return closed(/\r\n/.test(model) && !/\r\n/.test(ends) ? ends.replaceAll("\n", "\r\n") : ends);
}

const closed = (text: string): string =>
  text === "" || text.endsWith("\n") ? text : `${text}${text.includes("\r\n") ? "\r\n" : "\n"}`;

const linesOf = (text: string): string[] => (text === "" ? [] : text.split(/(?<=\n)/));

function comparable(one: readonly string[], other: readonly string[]): boolean {
  const counts = new Map<string, number>();
  for (const line of one) counts.set(line, (counts.get(line) ?? 0) + 1);
  return other.reduce((sum, line) => sum + (counts.get(line) ?? 0), 0) <= MOST_PAIRS;
}

const MARKS = { mine: "<<<<<<< yours", between: "=======", theirs: ">>>>>>> the vendor's" } as const;

/** Whether a place is left between the marks that `prefer: "marks"` makes. */
export const hasMarks = (text: string): boolean => text.split(/\r?\n/).some(line => line === MARKS.mine || line === MARKS.theirs);

const CONTEXT = 3;

/**
 * What changed from one text to another, as the lines of a unified diff without file names: `@@ -1,3 +1,4 @@`, then lines
 * that begin with a space, `-` or `+`. Empty when nothing did.
 */
export function unifiedDiff(from: string, to: string): readonly string[] {
  const [old, fresh] = [linesOf(from), linesOf(to)];
  if (from === to) return [];
  if (!comparable(old, fresh)) return ["@@ too many equal lines to be compared @@"];
  const changes = diffIndices(old, fresh);
  const out: string[] = [];
  const bare = (line: string): string => line.replace(/\r?\n$/, "");
  for (let at = 0; at < changes.length; ) {
    let end = at + 1;
    const endOf = (index: number): number => startOf(changes, index) + (changes[index]?.buffer1[1] ?? 0);
    while (end < changes.length && startOf(changes, end) - endOf(end - 1) <= 2 * CONTEXT) end += 1;
    const oldFrom = Math.max(0, startOf(changes, at) - CONTEXT);
    const oldTo = Math.min(old.length, endOf(end - 1) + CONTEXT);
    const freshFrom = (changes[at]?.buffer2[0] ?? 0) - (startOf(changes, at) - oldFrom);
    const body: string[] = [];
    let position = oldFrom;
    for (const change of changes.slice(at, end)) {
      body.push(...old.slice(position, change.buffer1[0]).map(line => ` ${bare(line)}`));
      body.push(...change.buffer1Content.map(line => `-${bare(line)}`), ...change.buffer2Content.map(line => `+${bare(line)}`));
      position = change.buffer1[0] + change.buffer1[1];
    }
    body.push(...old.slice(position, oldTo).map(line => ` ${bare(line)}`));
    const count = (sign: string): number => body.filter(line => !line.startsWith(sign)).length;
    out.push(`@@ -${range(oldFrom, count("+"))} +${range(freshFrom, count("-"))} @@`, ...body);
    at = end;
  }
  return out;
}

const startOf = (changes: readonly { readonly buffer1: readonly [number, number] }[], index: number): number =>
  changes[index]?.buffer1[0] ?? 0;

const range = (from: number, count: number): string => `${count === 0 ? from : from + 1}${count === 1 ? "" : `,${count}`}`;
