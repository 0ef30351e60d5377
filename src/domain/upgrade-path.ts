import type { Product } from "./product.ts";
import { compareReleases, isInRange, isPreRelease, oldestIn } from "./release-order.ts";

/** A release that could be gone through or to. */
export interface UpgradeStop {
  readonly release: string;
  /** Of its bundle's `release.yml`: the oldest release that may be updated to it. */
  readonly requires: string | null;
}

export interface UpgradeRequest {
  /** What is installed. */
  readonly from: string;
  readonly to: string;
  /** Of every bundle that is at hand; the target's own among them, else it counts as missing. */
  readonly available: readonly UpgradeStop[];
  /** What the product description requires. */
  readonly rules: Product["requires"];
  /** Whether the vendor cut the release again, so that the same number is not the same thing. */
  readonly isOtherCut?: boolean;
}

/** A release that would have to be gone through and of which there is no bundle. */
export interface MissingStop {
  /** The oldest that would do. */
  readonly release: string;
  /** It must be older than this; null for the target itself. */
  readonly before: string | null;
}

export type UpgradePath =
  /** The releases to go through, in order; the last is the target. */
  | { readonly hops: readonly string[] }
  | { readonly order: "older" | "same" }
  /** `hops` is the path with the missing ones in it; empty when there is none at all. */
  | { readonly hops: readonly string[]; readonly missing: readonly MissingStop[] };

/** From which releases one may be updated to, as ranges that must all hold. */
export const requirementsOf = ({ release, requires }: UpgradeStop, rules: UpgradeRequest["rules"]): readonly Requirement[] => [
  ...(requires === null
    ? []
    : [{ admits: (from: string) => compareReleases(from, requires) >= 0, oldest: [requires], text: `${requires} or newer` }]),
  ...rules
    .filter(({ versions }) => isInRange(release, versions))
    .map(({ from }) => ({ admits: (old: string) => isInRange(old, from), oldest: oldestIn(from), text: from })),
];

interface Requirement {
  readonly admits: (from: string) => boolean;
  /** The oldest releases that it admits. */
  readonly oldest: readonly string[];
  readonly text: string;
}

interface Stop extends UpgradeStop {
  readonly isMissing: boolean;
}

/** The best way to a stop that was found, and what it costs: missing bundles count most, then hops, then pre-releases. */
interface Way {
  readonly stops: readonly Stop[];
  readonly costs: readonly [missing: number, hops: number, preReleases: number];
}

/**
 * The path of fewest hops from one release to another through the bundles that are there, with every requirement kept; of equally short
 * ones that through finals, then that through the newest. When none leads there, the same through releases that one would have to get.
 */
export function upgradePath(request: UpgradeRequest): UpgradePath {
  const { from, to, rules } = request;
  const order = compareReleases(to, from);
  if (order < 0) return { order: "older" };
  if (order === 0) return request.isOtherCut === true ? { hops: [to] } : { order: "same" };
  const ways = new Map<Stop, Way>();
  for (const stop of stopsOf(request)) {
    const requirements = requirementsOf(stop, rules);
    const admits = (old: string) => requirements.every(each => each.admits(old));
    let best: Way | null = admits(from) ? through(null, stop) : null;
    // All of these are older, and in the order of releases: of two equal ways the one through the newest comes last.
    for (const [before, way] of ways) {
      const next = admits(before.release) ? through(way, stop) : null;
      if (next !== null && (best === null || isNoDearer(next, best))) best = next;
    }
    if (best === null) continue;
    ways.set(stop, best);
    if (stop.release === to) return pathOf(best);
  }
  return { hops: [], missing: [] };
}

/** Ascending, between the two releases. */
function stopsOf({ from, to, available, rules }: UpgradeRequest): readonly Stop[] {
  const stops: Stop[] = available.map(({ release, requires }) => ({ release, requires, isMissing: false }));
  const add = (release: string) => {
    if (!stops.some(each => compareReleases(each.release, release) === 0))
      stops.push({ release, requires: null, isMissing: true });
  };
  add(to);
  // The list grows while it is walked: what is added is asked for what it requires in turn.
  for (const stop of stops) for (const { oldest } of requirementsOf(stop, rules)) oldest.forEach(add);
  return stops
    .filter(({ release }) => compareReleases(release, from) > 0 && (release === to || compareReleases(release, to) < 0))
    .sort((a, b) => compareReleases(a.release, b.release));
}

function through(way: Way | null, stop: Stop): Way {
  const [missing, hops, preReleases] = way?.costs ?? [0, 0, 0];
  return {
    stops: [...(way?.stops ?? []), stop],
    costs: [missing + Number(stop.isMissing), hops + 1, preReleases + Number(isPreRelease(stop.release))],
  };
}

function isNoDearer(a: Way, b: Way): boolean {
  const at = a.costs.findIndex((cost, place) => cost !== b.costs[place]);
  return at < 0 || (a.costs[at] ?? 0) < (b.costs[at] ?? 0);
}

function pathOf({ stops }: Way): UpgradePath {
  const hops = stops.map(({ release }) => release);
  const missing = stops.flatMap(({ release, isMissing }, at) => (isMissing ? [{ release, before: hops[at + 1] ?? null }] : []));
  return missing.length === 0 ? { hops } : { hops, missing };
}
