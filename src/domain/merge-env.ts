import { type EnvEntries, type EnvEntry, holdsData, isComposeKey, namesRelease, type Releases, sameEntry } from "./merge-keys.ts";
import type { Mask } from "./merge-mask.ts";
import type { Conflict, Decision, DecisionKind, Resolution } from "./merge-result.ts";
import { sayings } from "./merge-sayings.ts";
import type { Product } from "./product.ts";

/** The four versions of one env file, or of several as one. */
export interface EnvSides {
  /** The vendor's old text. */
  readonly base: EnvEntries;
  /** The same with graph-mgr's own edits, which are no edits of the administrator's. */
  readonly own: EnvEntries;
  readonly mine: EnvEntries;
  /** The vendor's new text. */
  readonly theirs: EnvEntries;
}

export interface EnvRules {
  readonly product: Pick<Product, "secrets" | "internals">;
  readonly releases: Releases;
  /** Keys that the release's images are named by. */
  readonly imageKeys: ReadonlySet<string>;
  /** What graph-mgr derived from other values, by key: equal to that is no edit either. */
  readonly derived: Readonly<Record<string, string>>;
  /** The defaults of all env files together: an administrator's file of overrides has none of its own. */
  readonly defaults: { readonly base: EnvEntries; readonly theirs: EnvEntries };
  /** False where nobody has the vendor's old files: then whether a value was edited cannot be told. */
  readonly isBaseKnown: boolean;
  /** How `--resolve` calls a key of this file. */
  readonly nameOf: (key: string) => string;
  readonly resolve: (name: string) => Resolution | undefined;
  readonly mask: Mask;
  /** Relative path in the new instance, for what is said. */
  readonly file: string;
}

/** What one key becomes: one side's entry, a text that the operator gave, or nothing at all. */
export type Target =
  | { readonly take: "mine" | "theirs"; readonly entry: EnvEntry }
  | { readonly take: "text"; readonly text: string }
  | { readonly take: "nothing" };

export interface EnvDecided {
  readonly targets: ReadonlyMap<string, Target>;
  readonly decisions: readonly Decision[];
  readonly conflicts: readonly Conflict[];
  /** Keys of the administrator's, and those that data depends on: Compose must resolve them to what it did. */
  readonly settled: readonly string[];
}

const NOTHING: Target = { take: "nothing" };

/** Decides key by key what an env file becomes. Values are never looked into beyond whether they are equal. */
export function decideKeys(sides: EnvSides, rules: EnvRules): EnvDecided {
  const targets = new Map<string, Target>();
  const decisions: Decision[] = [];
  const conflicts: Conflict[] = [];
  const settled: string[] = [];
  for (const key of new Set([sides.theirs, sides.mine, sides.base].flatMap(side => [...side.keys()]))) {
    const verdict = decide(key, sides, rules);
    targets.set(key, verdict.target);
    if (verdict.settled) settled.push(key);
    if (verdict.what === "conflict") {
      conflicts.push({
        name: rules.nameOf(key),
        file: rules.file,
        kind: "key",
        say: verdict.say,
        diff: [],
        ...shownSides(key, sides, rules),
      });
    } else if (verdict.what !== null) decisions.push({ file: rules.file, key, what: verdict.what, say: verdict.say });
  }
  return { targets, decisions, conflicts, settled };
}

const shownSides = (key: string, { mine, theirs }: EnvSides, { mask }: EnvRules): Pick<Conflict, "mine" | "theirs"> => {
  const shown = (entry: EnvEntry | undefined): string | null =>
    entry === undefined ? null : (mask.value(key, entry.literal ?? entry.raw) ?? "***");
  return { mine: shown(mine.get(key)), theirs: shown(theirs.get(key)) };
};

interface Verdict {
  readonly target: Target;
  readonly what: DecisionKind | "conflict" | null;
  readonly say: string;
  readonly settled?: boolean;
}

function decide(key: string, sides: EnvSides, rules: EnvRules): Verdict {
  const [base, own, mine, theirs] = [sides.base, sides.own, sides.mine, sides.theirs].map(side => side.get(key));
  const vendors: Target = theirs ? { take: "theirs", entry: theirs } : NOTHING;
  const admins: Target = mine ? { take: "mine", entry: mine } : NOTHING;
  const isDerived = mine !== undefined && mine.literal !== null && rules.derived[key] === mine.literal;
  const edited = !sameEntry(mine, base) && !sameEntry(mine, own) && !isDerived;
  // In a file of overrides the default is what the files before it say.
  const before = base ?? rules.defaults.base.get(key);
  const after = theirs ?? rules.defaults.theirs.get(key);
  const changed = !sameEntry(before, after);
  const say = sayings(key, { base: before, mine, theirs: after }, rules.mask);
  const quietly = (target: Target): Verdict => ({ target, what: null, say: "" });

  const resolution = rules.resolve(rules.nameOf(key));
  if (resolution === "mine") return { target: admins, what: "resolved", say: say.resolvedMine, settled: mine !== undefined };
  if (resolution === "theirs") return { target: vendors, what: "resolved", say: say.resolvedTheirs };
  if (resolution !== undefined)
    return { target: { take: "text", text: resolution.text }, what: "resolved", say: say.resolvedText };

  if (
    isComposeKey(key) ||
    rules.product.internals.includes(key) ||
    rules.imageKeys.has(key) ||
    namesRelease(rules.isBaseKnown ? base : mine, theirs, rules.releases)
  ) {
    const isLost = edited && mine !== undefined && !sameEntry(mine, theirs);
    return isLost ? { target: vendors, what: "vendor", say: say.vendor } : quietly(vendors);
  }
  if (mine === undefined) {
    if (base === undefined || own === undefined) {
      const isNew = theirs !== undefined && before === undefined;
      return isNew ? { target: vendors, what: "new", say: say.isNew } : quietly(vendors);
    }
    if (theirs === undefined) return quietly(NOTHING);
    if (!sameEntry(base, theirs)) return { target: NOTHING, what: "conflict", say: say.removed };
    return { target: NOTHING, what: "left-out", say: say.leftOut };
  }
  if (sameEntry(mine, theirs)) return { ...quietly(theirs ? vendors : admins), settled: edited || holdsData(key, rules.product) };
  if (holdsData(key, rules.product)) return { target: admins, what: "carried", say: say.carried, settled: true };
  if (!rules.isBaseKnown && after !== undefined) return { target: admins, what: "conflict", say: say.whose };
  if (!edited) {
    if (theirs !== undefined)
      return base && !sameEntry(base, theirs) ? { target: vendors, what: "default", say: say.newDefault } : quietly(vendors);
    return base === undefined ? quietly(NOTHING) : { target: NOTHING, what: "dropped", say: say.dropped };
  }
  const kept = { target: admins, settled: true } as const;
  if (after === undefined)
    return before ? { ...kept, what: "kept-unknown", say: say.keptUnknown } : { ...kept, what: "added", say: say.added };
  return changed ? { ...kept, what: "kept-over-default", say: say.keptOver } : { ...kept, what: "kept", say: say.kept };
}
