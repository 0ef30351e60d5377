import { hash } from "node:crypto";
import type { Json } from "../domain/json.ts";
import { OperatorError } from "../errors.ts";
import { PLAN_SCHEMA } from "./plan.ts";

export type Entry =
  | { readonly type: "opened"; readonly schema: number; readonly plan: string }
  | { readonly type: "doing"; readonly step: number; readonly before: Json }
  | { readonly type: "done"; readonly step: number }
  | { readonly type: "undoing"; readonly step: number }
  | { readonly type: "undone"; readonly step: number }
  | { readonly type: "closing"; readonly outcome: "done" | "undone" }
  | { readonly type: "closed"; readonly outcome: "done" | "undone" };

/** Append-only. `append` returns only when the entry is on disk. */
export interface Journal {
  append(entry: Entry): Promise<void>;
  read(): Promise<readonly Entry[]>;
  /**
   * Makes durable what an earlier run wrote to this disk, files and journal. A run that was killed leaves things that can
   * be seen and are not on the disk; who believes them and goes on would lose them by a power cut, and not notice.
   */
  settle(): Promise<void>;
}

/** sha256, shortened: it guards against torn and rotten lines, not against an attacker. */
const sumOf = (json: string): string => hash("sha256", json).slice(0, 16);

/** One line: `<16 hex digits> <json>\n`. */
export function encodeEntry(entry: Entry): string {
  const json = JSON.stringify(entry);
  return `${sumOf(json)} ${json}\n`;
}

/**
 * Reads a journal's bytes back. A last line that was cut off while it was written announced something that has not begun
 * (`append` had not returned), so it is ignored; everything else that does not add up is refused.
 *
 * @throws OperatorError JOURNAL_DAMAGED, JOURNAL_UNKNOWN_VERSION
 */
export function decodeEntries(text: string): { readonly entries: readonly Entry[]; readonly wholeBytes: number } {
  const entries: Entry[] = [];
  let at = 0;
  while (at < text.length) {
    const newline = text.indexOf("\n", at);
    const line = newline < 0 ? text.slice(at) : text.slice(at, newline);
    const json = line.slice(17);
    if (line[16] !== " " || line.slice(0, 16) !== sumOf(json)) {
      const isLast = newline < 0 || newline === text.length - 1;
      // Blocks that never reached the disk read as zeros after a power cut.
      if (isLast && (newline < 0 || line.includes("\0"))) break;
      throw new OperatorError("JOURNAL_DAMAGED", `Line ${entries.length + 1} of the journal does not match its checksum.`, {
        hint: "do not go on by hand; keep the folder `.graph-mgr/operations` and ask for help",
      });
    }
    const entry = JSON.parse(json) as Entry;
    if (entry.type === "opened" && entry.schema !== PLAN_SCHEMA) {
      throw new OperatorError(
        "JOURNAL_UNKNOWN_VERSION",
        `The journal has version ${entry.schema}; this graph-mgr knows ${PLAN_SCHEMA}.`,
        {
          hint: "use the newer graph-mgr that began the operation",
        },
      );
    }
    entries.push(entry);
    at = newline < 0 ? text.length : newline + 1;
  }
  return { entries, wholeBytes: Buffer.byteLength(text.slice(0, at)) };
}

export interface Standing {
  readonly state: "waiting" | "begun" | "done";
  readonly before: Json;
}

/** Where each step stands, by the journal alone. An undone step waits again; one whose undo was cut is half-way, as if begun. */
export function standingsOf(steps: number, entries: readonly Entry[]): readonly Standing[] {
  const all: Standing[] = Array.from({ length: steps }, () => ({ state: "waiting", before: null }));
  for (const entry of entries) {
    if (!("step" in entry)) continue;
    const standing = all[entry.step];
    if (!standing)
      throw new OperatorError("JOURNAL_DAMAGED", `The journal speaks of step ${entry.step + 1}, and the plan has ${steps}.`);
    if (entry.type === "doing") all[entry.step] = { state: "begun", before: entry.before };
    else if (entry.type === "undoing") all[entry.step] = { ...standing, state: "begun" };
    else if (entry.type === "done") all[entry.step] = { ...standing, state: "done" };
    else all[entry.step] = { state: "waiting", before: null };
  }
  return all;
}

/** Whether somebody began to walk back and has not arrived at the beginning. */
export function isTurnedBack(entries: readonly Entry[]): boolean {
  const begun = new Set<number>();
  let isBack = false;
  for (const entry of entries) {
    if (entry.type === "doing") begun.add(entry.step);
    else if (entry.type === "undoing") isBack = true;
    else if (entry.type === "undone") begun.delete(entry.step);
    if (begun.size === 0) isBack = false;
  }
  return isBack;
}

export type Outcome = "planned" | "unfinished" | "done" | "undone";

/** What became of the operation: `planned` means that nothing was begun. */
export function outcomeOf(entries: readonly Entry[]): Outcome {
  const closed = entries.findLast(entry => entry.type === "closed");
  if (closed?.type === "closed") return closed.outcome;
  return entries.some(({ type }) => type === "doing" || type === "closing") ? "unfinished" : "planned";
}

/** To which end the operation had come when it was cut off before its journal's last word; null when it was not. */
export function closingOf(entries: readonly Entry[]): "done" | "undone" | null {
  const last = entries.at(-1);
  return last?.type === "closing" ? last.outcome : null;
}
