import { decideKeys, type EnvDecided, type EnvRules, type EnvSides, type Target } from "./merge-env.ts";
import { follow } from "./merge-env-follow.ts";
import { settleLayers } from "./merge-env-layers.ts";
import { writeTargets } from "./merge-env-text.ts";
import { isBaseKnown, type MergeContext, type MergedPart } from "./merge-input.ts";
import { type EnvEntries, holdsData, layered } from "./merge-keys.ts";
import { envOrder, isEnvFile, isInTree } from "./merge-layout.ts";
import type { Decision, DecisionKind } from "./merge-result.ts";

export interface MergedEnv extends MergedPart {
  /** Keys of the administrator's, and those that data depends on: Compose must resolve them to what it did. */
  readonly settled: readonly string[];
}

const STAYS: ReadonlySet<DecisionKind> = new Set(["kept", "kept-over-default", "carried", "added"]);

type Side = "base" | "own" | "mine" | "theirs";

/** Merges all env files by key. */
export function mergeEnvFiles(context: MergeContext): MergedEnv {
  const { mine, move, from } = context;
  const paths = Object.keys(mine).filter(path => isEnvFile(path, from) && !isInTree(path, from));
  const parts = move === null ? paths.map(path => mergeInPlace(path, context)) : [mergeMoved(move.settings, context)];
  const decisions = parts.flatMap(each => each.decisions);
  const isSettled = ({ key, file, what }: Decision): boolean =>
    (what === "new" || what === "default") &&
    decisions.some(each => each.key === key && each.file !== file && STAYS.has(each.what));
  const merged = {
    texts: Object.assign({}, ...parts.map(({ texts }) => texts)) as MergedPart["texts"],
    // A vendor's default that another file of the administrator's overrules is nothing that anybody would see.
    decisions: decisions.filter(each => !isSettled(each)),
    conflicts: parts.flatMap(({ conflicts }) => conflicts),
    settled: [...new Set(parts.flatMap(({ settled }) => settled))],
  };
  return settleLayers(merged, context);
}

/** A file that lies where it lay. */
function mergeInPlace(path: string, context: MergeContext): MergedEnv {
  const { base, mine, theirs, entries } = context;
  const sides: EnvSides = {
    base: entries("base", path),
    own: entries("own", path),
    mine: entries("mine", path),
    theirs: entries("theirs", path),
  };
  const decided = decideKeys(
    sides,
    rulesFor(context, path, key => `${path}:${key}`),
  );
  const [own, old, fresh] = [mine[path] ?? "", base[path] ?? "", theirs[path] ?? ""];
  // What the vendor did not change stays the administrator's text, with his comments and his order.
  const canvas = old === fresh ? own : fresh;
  const text = writeTargets({ canvas, path, mine: own, base: old, targets: decided.targets });
  return {
    ...decided,
    settled: envOrder(context.from).includes(path) ? decided.settled : [],
    texts: text === fresh ? {} : { [path]: text },
  };
}

/** The old layout's env files as one: what is the administrator's becomes lines of the new layout's file for it. */
function mergeMoved(settings: string, context: MergeContext): MergedEnv {
  const { from, to, entries } = context;
  const all = (side: Side, paths: readonly string[]): EnvEntries => layered(paths.map(path => entries(side, path)));
  const [old, fresh] = [envOrder(from), envOrder(to)];
  const sides: EnvSides = { base: all("base", old), own: all("own", old), mine: all("mine", old), theirs: all("theirs", fresh) };
  const home = (key: string): string =>
    old.findLast(path => entries("mine", path).has(key) || entries("base", path).has(key)) ?? from.settings;
  const decided = decideKeys(
    sides,
    rulesFor(context, settings, key => `${home(key)}:${key}`),
  );
  return { ...decided, ...writeMoved(decided, settings, context) };
}

function writeMoved(
  { targets, decisions }: EnvDecided,
  settings: string,
  context: MergeContext,
): Pick<MergedEnv, "texts" | "decisions"> {
  const { base, mine, theirs, from, to, entries } = context;
  const fresh = envOrder(to);
  const pick = (want: (target: Target) => boolean) => new Map([...targets].filter(([, target]) => want(target)));
  const ours = pick(({ take }) => take === "mine" || take === "text");
  const gone = pick(({ take }) => take === "nothing");
  const texts: Record<string, string> = {};
  for (const path of new Set([...fresh, settings])) {
    const canvas = theirs[path] ?? "";
    const written = new Map([...gone, ...(path === settings ? ours : [])]);
    const text = writeTargets({
      canvas,
      path,
      mine: mine[from.settings] ?? "",
      base: base[from.settings] ?? "",
      targets: written,
    });
    if (text !== canvas) texts[path] = text;
  }
  const home = (key: string | null): string | undefined =>
    fresh.findLast(path => key !== null && entries("theirs", path).has(key));
  return {
    texts,
    decisions: decisions.map(each => {
      const take = targets.get(each.key ?? "")?.take;
      if (take === "mine" || take === "text") return each;
      return { ...each, file: home(each.key) ?? from.settings };
    }),
  };
}

function rulesFor(context: MergeContext, file: string, nameOf: EnvRules["nameOf"]): EnvRules {
  const { product, releases, imageKeys, mask, resolution, entries, from, to } = context;
  const base = layered(envOrder(from).map(path => entries("base", path)));
  const mine = layered(envOrder(from).map(path => entries("mine", path)));
  const now = new Map(
    [...base].map(([key, entry]) => [key, (holdsData(key, product) ? mine.get(key) : undefined) ?? entry] as const),
  );
  return {
    product,
    releases,
    imageKeys,
    mask,
    file,
    isBaseKnown: isBaseKnown(context.base),
    nameOf,
    resolve: resolution,
    derived: follow(product, { shipped: base, now, held: new Set(mine.keys()) }).values,
    defaults: { base, theirs: layered(envOrder(to).map(path => entries("theirs", path))) },
  };
}
