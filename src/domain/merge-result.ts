import { OperatorError } from "../errors.ts";
import type { Mask } from "./merge-mask.ts";
import { unifiedDiff } from "./merge-text.ts";

/**
 * What was decided for a key or a file:
 * `kept` an edit of the administrator's; `kept-over-default` the same, though the vendor's default changed;
 * `kept-unknown` the same, though the new release no longer has it; `carried` what data depends on; `added` what only the
 * administrator has; `left-out` what the administrator took out; `default` a changed default; `new` what only the new
 * release has; `dropped` what it no longer has; `vendor` an edit that is not carried; `followed` it repeats a value that
 * changed; `resolved` as the operator said; `merged` edits of both sides in one text; `moved` a file with another place.
 */
export type DecisionKind =
  | "kept"
  | "kept-over-default"
  | "kept-unknown"
  | "carried"
  | "added"
  | "left-out"
  | "default"
  | "new"
  | "dropped"
  | "vendor"
  | "followed"
  | "resolved"
  | "merged"
  | "moved";

/** Something that the merge did, for the plan. Holds no secret. */
export interface Decision {
  /** Relative path in the new instance. */
  readonly file: string;
  /** Of an env file; null for a whole text. */
  readonly key: string | null;
  readonly what: DecisionKind;
  /** One plain sentence. */
  readonly say: string;
}

/** Something that only the operator can decide. Holds no secret. */
export interface Conflict {
  /** What `--resolve` takes: `.env:KEY`, `Caddyfile`, `docker-compose.yml`. */
  readonly name: string;
  /** Relative path in the new instance. */
  readonly file: string;
  readonly kind: "key" | "text" | "compose";
  /** One plain sentence. */
  readonly say: string;
  /** What each side would make of it, with secrets struck out; null where a side has nothing. */
  readonly mine: string | null;
  readonly theirs: string | null;
  /** Of texts, lines of a unified diff with secrets struck out: what the administrator changed. */
  readonly diff: readonly string[];
  /** The administrator's text would run the old release, so it is no answer. */
  readonly isMineNone?: boolean;
}

export type Resolution = "mine" | "theirs" | { readonly text: string };
export type Resolutions = Readonly<Record<string, Resolution>>;

export const masked = (lines: readonly string[], mask: Mask): readonly string[] => lines.map(line => mask.line(line));

/** A whole text as it may be shown. */
export const maskedText = (text: string, mask: Mask): string => masked(text.split("\n"), mask).join("\n");

/**
 * The difference between both sides, and what its signs mean: a unified diff that leads from the vendor's text to the administrator's. Of a
 * compose file, what the administrator changed: between both lies all that graph-mgr set.
 */
export function conflictSides({ kind, mine, theirs, diff }: Conflict): {
  readonly legend: string;
  readonly lines: readonly string[];
} {
  if (kind === "compose") return { legend: "- as it was   + as you have it", lines: diff };
  const side = (sign: "-" | "+", text: string | null) => (text === null ? [] : [`${sign}${text}`]);
  return {
    legend: `- the vendor's   + yours${mine === null ? " (you removed it)" : ""}`,
    lines: kind === "key" ? [...side("-", theirs), ...side("+", mine)] : unifiedDiff(theirs ?? "", mine ?? ""),
  };
}

/**
 * What a script is told when conflicts are left: all of them at once, and what to type.
 * @throws never: it returns the error, COMPOSE_EDITED where compose files are all there is, else MERGE_CONFLICT
 */
export function conflictError(conflicts: readonly Conflict[]): OperatorError {
  const onlyCompose = conflicts.every(({ kind }) => kind === "compose");
  const lines = conflicts.flatMap(conflict => {
    const { legend, lines: sides } = conflictSides(conflict);
    return [`${conflict.name}: ${conflict.say}`, `  ${legend}`, ...sides.map(line => `  ${line}`)];
  });
  const hasCompose = conflicts.some(({ kind }) => kind === "compose");
  const count = conflicts.length === 1 ? "One thing" : `${conflicts.length} things`;
  return new OperatorError(
    onlyCompose ? "COMPOSE_EDITED" : "MERGE_CONFLICT",
    `${count} in the configuration cannot be merged without you:\n${lines.join("\n")}`,
    {
      hint: `${conflicts
        .map(
          ({ name, kind, isMineNone = false }) =>
            `--resolve ${name}=${isMineNone ? "" : "mine|"}theirs${kind === "key" ? "" : "|FILE"}`,
        )
        .join(" ")}${hasCompose ? "   (mine, of a compose file: the vendor's new one with your changes in it)" : ""}`,
    },
  );
}
