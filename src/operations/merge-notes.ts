import type { Decision, DecisionKind } from "../domain/merge-result.ts";

/** What the administrator did comes first, then what the vendor did. */
const ORDER: readonly DecisionKind[] = [
  "resolved",
  "vendor",
  "kept-over-default",
  "kept",
  "kept-unknown",
  "left-out",
  "added",
  "merged",
  "moved",
  "followed",
  "default",
  "new",
  "dropped",
  "carried",
];

/** Of so many keys to which the same happened only the names are told. */
const MANY = 5;
const TOGETHER: Partial<Readonly<Record<DecisionKind, string>>> = {
  carried: "are carried as they are, because data may depend on them",
  default: "take the vendor's new defaults",
  new: "are new",
  dropped: "go, because the new release no longer has them",
};

/** How a configuration is merged, file by file: a line for each thing that was decided, and one for what happened to many keys alike. */
export function mergeNotes(decisions: readonly Decision[]): readonly string[] {
  return [...new Set(decisions.map(({ file }) => file))].flatMap(file =>
    ORDER.flatMap(kind =>
      notesOn(
        file,
        kind,
        decisions.filter(each => each.file === file && each.what === kind),
      ),
    ),
  );
}

function notesOn(file: string, kind: DecisionKind, found: readonly Decision[]): readonly string[] {
  const together = TOGETHER[kind];
  const keys = found.flatMap(({ key }) => (key === null ? [] : [key]));
  const isMany = together !== undefined && keys.length === found.length && keys.length >= (kind === "carried" ? 2 : MANY);
  if (isMany) return [`${file}: ${keys.join(", ")} ${together}.`];
  return found.map(({ key, say }) => (key === null ? say : `${file}: ${say}`));
}
