import { mergeCompose } from "./merge-compose.ts";
import { isBaseKnown, type MergeContext, type MergedPart, type Texts } from "./merge-input.ts";
import { isEnvFile, isInTree, isMergedText, movedText, rewritten } from "./merge-layout.ts";
import { type Conflict, type Decision, type DecisionKind, masked, maskedText } from "./merge-result.ts";
import { mergeText, sameText, unifiedDiff } from "./merge-text.ts";

type Found =
  | { readonly text: string | null; readonly what: DecisionKind; readonly say: string }
  | { readonly conflict: Conflict; readonly draft: string }
  | null;

/**
 * Merges every text that is no env file: compose files, what the layout names, and whatever else the administrator edited. What
 * lies in a tree is carried with it.
 */
export function mergeFiles(context: MergeContext): MergedPart & { readonly drafts: Texts } {
  const { base, mine, theirs, from, compose } = context;
  const texts: Record<string, string> = {};
  const decisions: Decision[] = [];
  const conflicts: Conflict[] = [];
  const drafts: Record<string, string> = {};
  for (const path of Object.keys(mine).filter(each => !isEnvFile(each, from) && !isInTree(each, from))) {
    const isCompose = compose.includes(path);
    const file = isCompose ? path : movedText(path, context.move);
    const found = isCompose ? composeFile(path, context) : textFile(path, file, context);
    if (found === null) continue;
    if ("conflict" in found) {
      conflicts.push(found.conflict);
      drafts[found.conflict.name] = found.draft;
      continue;
    }
    if (found.text !== null && found.text !== theirs[file]) texts[file] = found.text;
    decisions.push({ file, key: null, what: found.what, say: found.say });
  }
  for (const path of Object.keys(base)) {
    const file = movedText(path, context.move);
    const isMissed = mine[path] === undefined && theirs[file] !== undefined && !isEnvFile(path, from) && isMergedText(path, from);
    if (isMissed)
      decisions.push({
        file,
        key: null,
        what: "vendor",
        say: `${file} comes with the new release, though you removed ${file === path ? "it" : path}.`,
      });
  }
  return { texts, decisions, conflicts, drafts };
}

/** As graph-mgr writes it, which an update before did in a compose file of the administrator's. */
const PINNED_IMAGE = /\bimage["']?\s*:\s*["']?sha256:[0-9a-f]{64}/;

const theirsSay = (path: string, theirs: string | undefined): string =>
  theirs === undefined ? `${path} is left out, as you decided.` : `${path} is the vendor's new one, as you decided.`;

/** As a part of a sentence. */
const noBase = ({ releases }: MergeContext): string =>
  `what of it is yours cannot be told, because the vendor's own ${releases.from} is not here`;

function textFile(path: string, file: string, context: MergeContext): Found {
  const { move, mask } = context;
  const rewrite = (text: string | undefined): string | undefined =>
    text === undefined ? undefined : rewritten(text, file, move);
  const [base, own, mine] = [context.base[path], context.own[path] ?? context.base[path], context.mine[path]].map(rewrite);
  const theirs = context.theirs[file];
  if (mine === undefined) return null;
  const place = file === path ? path : `${path} goes to ${file} and`;
  const resolution = context.resolution(path, file);
  if (resolution === "theirs") return { text: null, what: "resolved", say: theirsSay(file, theirs) };
  if (resolution === "mine") return { text: mine, what: "resolved", say: `${place} stays yours, as you decided.` };
  if (resolution !== undefined) return { text: resolution.text, what: "resolved", say: `${file} is the text that you gave.` };

  if (base !== undefined && (sameText(mine, base) || (own !== undefined && sameText(mine, own)))) {
    // That files which nobody is meant to edit are the vendor's new ones need not be said.
    if (!isMergedText(path, context.from)) return null;
    if (theirs === undefined)
      return { text: null, what: "dropped", say: `${path} goes, because the new release no longer has it.` };
    if (sameText(theirs, base)) return null;
    return { text: null, what: "default", say: `${file} is the vendor's new one; you had not changed it.` };
  }
  if (theirs === undefined) {
    return base === undefined
      ? { text: mine, what: "added", say: `${place} is yours and is carried.` }
      : { text: mine, what: "kept-unknown", say: `${place} stays as you changed it, though the new release no longer has it.` };
  }
  if (sameText(mine, theirs)) return null;
  const merged = mergeText({ base: base ?? "", mine, theirs });
  if (merged.text !== null) {
    return base !== undefined && sameText(theirs, base)
      ? { text: merged.text, what: "kept", say: `${place} stays as you changed it.` }
      : { text: merged.text, what: "merged", say: `${place} has your changes and the vendor's.` };
  }
  const places = merged.conflicts.length === 1 ? "one place" : `${merged.conflicts.length} places`;
  const say = !isBaseKnown(context.base)
    ? `It is not as the new release has it, and ${noBase(context)}.`
    : base === undefined
      ? "You and the vendor both have this file."
      : `You and the vendor changed ${places} of it, each in another way.`;
  const diff = masked(unifiedDiff(base ?? "", mine), mask);
  return {
    conflict: { name: path, file, kind: "text", say, mine: maskedText(mine, mask), theirs: maskedText(theirs, mask), diff },
    draft: mergeText({ base: base ?? "", mine, theirs }, "marks").text ?? mine,
  };
}

function composeFile(path: string, context: MergeContext): Found {
  const { mask } = context;
  const [base, mine, theirs] = [context.base[path], context.mine[path], context.theirs[path]];
  if (mine === undefined) return null;
  const own = context.own[path] ?? base;
  const resolution = context.resolution(path);
  if (resolution === "theirs") return { text: null, what: "resolved", say: theirsSay(path, theirs) };
  if (resolution !== undefined && resolution !== "mine")
    return { text: resolution.text, what: "resolved", say: `${path} is the text that you gave.` };
  if (!isBaseKnown(context.base) && theirs !== undefined) return baselessCompose(path, mine, theirs, context);
  if (base === undefined && theirs === undefined) {
    const isPinned = resolution === undefined && PINNED_IMAGE.test(mine);
    if (!isPinned) return { text: mine, what: "added", say: `${path} is yours and is carried.` };
    const say = `${path} is yours and pins images by id for the old release, which the new one would run.`;
    const sides = { mine: maskedText(mine, mask), theirs: null, diff: masked(unifiedDiff("", mine), mask) };
    return { conflict: { name: path, file: path, kind: "compose", say, ...sides }, draft: mine };
  }
  const sides = { base: base ?? "", own: own ?? "", mine, theirs: theirs ?? "" };
  const { text, edits, why } = mergeCompose(path, sides, resolution);
  if (text !== null && edits.length === 0) return null;
  if (text !== null && theirs !== undefined) {
    return resolution === "mine"
      ? {
          text,
          what: "resolved",
          say: `${path} is the vendor's new one with your changes, yours where both changed the same lines.`,
        }
      : { text, what: "merged", say: `${path} is the vendor's new one with your changes.` };
  }
  const reason = theirs === undefined ? "the new release no longer has it" : why;
  return {
    conflict: {
      name: path,
      file: path,
      kind: "compose",
      say: `Your changes of ${path} cannot be carried to the new release: ${reason}.`,
      mine: maskedText(mine, mask),
      theirs: theirs === undefined ? null : maskedText(theirs, mask),
      diff: masked(edits, mask),
    },
    draft: mergeCompose(path, sides, "mine").text ?? mine,
  };
}

/** It starts the old release, so it can never be taken whole. */
function baselessCompose(path: string, mine: string, theirs: string, context: MergeContext): Found {
  if (sameText(mine, theirs)) return null;
  const { mask } = context;
  const say = `It is not as the new release has it, and ${noBase(context)}. Yours starts the old release, so it cannot be taken as it is.`;
  const sides = { mine: maskedText(mine, mask), theirs: maskedText(theirs, mask), diff: masked(unifiedDiff(theirs, mine), mask) };
  return { conflict: { name: path, file: path, kind: "text", say, ...sides, isMineNone: true }, draft: theirs };
}
