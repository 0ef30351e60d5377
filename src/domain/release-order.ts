// Of semver only what ranges need.
import Range from "semver/classes/range.js";
import minVersion from "semver/ranges/min-version.js";
import validRange from "semver/ranges/valid.js";

/** A release taken apart. Compared part by part; a part that is not there is nothing. */
interface Parts {
  /** `2.22.2`: any count of them. */
  readonly numbers: readonly bigint[];
  /** `rc1` is `rc`, 1; empty for a final release. */
  readonly pre: readonly (string | bigint)[];
  /** What is behind `+`: another build of the same release, newer the higher. */
  readonly build: readonly (string | bigint)[];
}

/** Vendors' words for a release that is none of the pre-releases. */
const FINAL = /^(final|ga|release)$/;

/** `M10` is more than `M8`, which the letters alone do not say: digits count as numbers wherever they stand. */
const words = (text: string): readonly (string | bigint)[] =>
  (text.toLowerCase().match(/\d+|[a-z]+/g) ?? []).map(word => (/^\d/.test(word) ? BigInt(word) : word));

function partsOf(release: string): Parts {
  const [main = "", build = ""] = release.replace(/^v/i, "").split(/\+(.*)/s);
  const [numbers = ""] = /^\d+(\.\d+)*/.exec(main) ?? [];
  const pre = words(main.slice(numbers.length)).filter(word => typeof word !== "string" || !FINAL.test(word));
  return { numbers: numbers === "" ? [] : numbers.split(".").map(BigInt), pre, build: words(build) };
}

/** A number is below a word, and less is below more. */
function compareWords(a: readonly (string | bigint)[], b: readonly (string | bigint)[]): number {
  for (let at = 0; at < Math.max(a.length, b.length); at++) {
    const [left, right] = [a[at], b[at]];
    if (left === right) continue;
    if (left === undefined) return -1;
    if (right === undefined) return 1;
    if (typeof left !== typeof right) return typeof left === "bigint" ? -1 : 1;
    return left < right ? -1 : 1;
  }
  return 0;
}

function compareParts(a: Parts, b: Parts): number {
  for (let at = 0; at < Math.max(a.numbers.length, b.numbers.length); at++) {
    const [left, right] = [a.numbers[at] ?? 0n, b.numbers[at] ?? 0n];
    if (left !== right) return left < right ? -1 : 1;
  }
  if (a.pre.length === 0 || b.pre.length === 0) return Math.sign(b.pre.length - a.pre.length);
  return compareWords(a.pre, b.pre);
}

/**
 * The order of releases, and the only one: below 0 when `a` is older. As semver has it, with a pre-release below its final, and also
 * for vendors' own numbers: `v5.0.0-M8` < `v5.0.0-M10` < `v5.0.0`, `v2.22.2` < `v2.22.2.1` < `v2.22.2.1+hotfix2`.
 */
export function compareReleases(a: string, b: string): number {
  const [left, right] = [partsOf(a), partsOf(b)];
  return compareParts(left, right) || compareWords(left.build, right.build);
}

export const isPreRelease = (release: string): boolean => partsOf(release).pre.length > 0;

const OPERATORS: Readonly<Record<string, (order: number) => boolean>> = {
  "": order => order === 0,
  "=": order => order === 0,
  "<": order => order < 0,
  "<=": order => order <= 0,
  ">": order => order > 0,
  ">=": order => order >= 0,
};

export const isRange = (range: string): boolean => validRange(range) !== null;

/** Whether a release is in a range as semver writes it; pre-releases count like any other, and builds do not count. */
export function isInRange(release: string, range: string): boolean {
  const parts = partsOf(release);
  return new Range(range, { includePrerelease: true }).set.some(all =>
    all.every(({ operator, value, semver: limit }) =>
      // Without a value it stands for anything.
      value === "" ? true : OPERATORS[operator]?.(compareParts(parts, partsOf(limit.version))),
    ),
  );
}

/** The oldest releases that a range has room for, one for each of its alternatives: `>=2.24.0` gives `v2.24.0`. */
export function oldestIn(range: string): readonly string[] {
  return range.split("||").flatMap(alternative => {
    const oldest = minVersion(alternative);
    // `-0` is how a range says "also its pre-releases"; no release is called so.
    return oldest === null ? [] : [`v${oldest.version.replace(/-0$/, "")}`];
  });
}
