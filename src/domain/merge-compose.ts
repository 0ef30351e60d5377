import { ComposeDocument } from "./compose-document.ts";
import { settingsIn } from "./merge-compose-settings.ts";
import { mergeBeside, mergeText, sameText, unifiedDiff } from "./merge-text.ts";

export interface ComposeSides {
  /** The vendor's old text. */
  readonly base: string;
  /** The same with graph-mgr's own edits. */
  readonly own: string;
  readonly mine: string;
  /** The vendor's new text. */
  readonly theirs: string;
}

export interface MergedCompose {
  /** The vendor's new text with the administrator's edits; null when they cannot be carried exactly. */
  readonly text: string | null;
  /** What the administrator changed, as lines of a unified diff; empty when nothing. Not masked. */
  readonly edits: readonly string[];
  /** Why not, as an end of a sentence; empty when it could be done. */
  readonly why: string;
}

/**
 * Carries the administrator's edits of a compose file onto the new release's. What graph-mgr set (names, ports, images) is no
 * edit. An edit is carried only when it touches neither graph-mgr's own lines nor what the vendor changed, and when the same
 * settings change by it as did in the old file: a line that lands in another service is not the same edit.
 *
 * @param prefer "mine": the administrator's lines count where both changed the same place, the vendor's elsewhere
 */
export function mergeCompose(path: string, { base, own, mine, theirs }: ComposeSides, prefer?: "mine"): MergedCompose {
  if (sameText(mine, own) || sameText(mine, base)) return { text: theirs, edits: [], why: "" };
  const edits = unifiedDiff(own, mine);
  const refused = (why: string): MergedCompose => ({ text: null, edits, why });
  // First as if graph-mgr had not been there, then onto the vendor's new text.
  const unset = { base: own, mine, theirs: base };
  const edited = mergedOf(path, unset, prefer);
  if (edited === null) return refused("they touch lines that graph-mgr set");
  const onto = { base, mine: edited, theirs };
  const text = mergedOf(path, onto, prefer);
  if (text === null) return refused("the vendor changed the same lines");
  if (prefer === undefined && !isSameEdit(path, [base, edited], [theirs, text]))
    return refused("in the new file they would not mean the same");
  return { text, edits, why: "" };
}

/**
 * Changes that stand beside each other go together where the settings change by exactly what each of them changed. Only where both changed
 * the same lines it counts who is preferred: else a preferred edit would take along what graph-mgr set in the line above it.
 */
function mergedOf(path: string, sides: Parameters<typeof mergeText>[0], prefer?: "mine"): string | null {
  const { text } = mergeText(sides);
  if (text !== null) return text;
  const beside = mergeBeside(sides);
  if (beside !== null && isSameEdit(path, [sides.base, sides.mine], [sides.theirs, beside])) return beside;
  return prefer === undefined ? null : mergeText(sides, prefer).text;
}

type Change = readonly [before: string, after: string];

/** Whether the new file's settings change by exactly what the old file's changed by. */
function isSameEdit(path: string, then: Change, now: Change): boolean {
  const [base, edited, theirs, result] = [...then, ...now].map(text => settingsOf(path, text));
  // What cannot be read had no meaning that could be compared; a result that cannot be read is no merge.
  if (!base || !edited || !theirs || !result) return false;
  for (const key of new Set([...base.keys(), ...edited.keys(), ...theirs.keys(), ...result.keys()])) {
    const wanted = edited.get(key) !== base.get(key) ? edited.get(key) : theirs.get(key);
    if (result.get(key) !== wanted) return false;
  }
  return true;
}

function settingsOf(path: string, text: string): ReadonlyMap<string, string> | null {
  try {
    return settingsIn(ComposeDocument.parse({ path, text }));
  } catch {
    return null;
  }
}
