import { basename } from "node:path";
import { type BundleStamp, DESCRIPTION_FILE } from "../domain/bundle.ts";
import { type BundleCache, type BundleFault, type BundleSaid, remembered } from "../domain/bundle-cache.ts";
import { describesImageNames, layoutFor, type Product } from "../domain/product.ts";
import { parseProduct } from "../domain/product-file.ts";
import { parseReleaseFile } from "../domain/release-file.ts";
import { OperatorError, systemError } from "../errors.ts";
import type { Progress, World } from "../host/world.ts";
import { wordOf } from "./bundle-word.ts";
import { versionInName } from "./bundles.ts";

/** One bundle that lies here, as far as a glance at it tells. */
export interface BundleFacts {
  /** Absolute. */
  readonly path: string;
  /** Its own word; of one that cannot be read, or says nothing, what its name says. */
  readonly version: string | null;
  /** Null where the product is none that is described. */
  readonly layout: string | null;
  readonly product: Product | null;
  /** Names of its images, as its compose files have them. */
  readonly images: readonly string[];
  readonly sizeBytes: number;
  /** sha256 of the archive; null where that is not known without reading all of it. */
  readonly digest: string | null;
  /** Of `release.yml`. */
  readonly requires: string | null;
  /** Text of `UPGRADING.md`. */
  readonly upgrading: string | null;
  /** Why it cannot be used; null when a glance finds nothing. */
  readonly unreadable: BundleFault | null;
}

/**
 * Looks into bundles, but for those that are remembered.
 * @param described the descriptions that graph-mgr ships, as texts by name
 * @returns also what is to be remembered: of these bundles, and of others as long as they are there
 */
export async function surveyBundleFacts(
  { bundles }: Pick<World, "bundles">,
  paths: readonly string[],
  cache: BundleCache,
  described: Readonly<Record<string, string>>,
  progress: Progress,
): Promise<{ readonly bundles: readonly BundleFacts[]; readonly cache: BundleCache }> {
  const products = Object.entries(described).map(([name, text]) => parseProduct(text, name));
  const found: BundleFacts[] = [];
  const next: BundleCache = await elsewhere(bundles, paths, cache);
  for (const path of paths) {
    const seen = await look(bundles, path, cache, progress);
    // Gone since its folder was listed.
    if (seen === null) continue;
    const { stamp, said, isLasting } = seen;
    if (isLasting) next[path] = { stamp, said };
    found.push(factsOf(path, stamp, said, products));
  }
  return { bundles: found, cache: next };
}

/** What is remembered of bundles that are not asked about this time: a stick that is looked into every other time is not forgotten between. */
async function elsewhere(bundles: World["bundles"], paths: readonly string[], cache: BundleCache): Promise<BundleCache> {
  const others = Object.entries(cache).filter(([path]) => !paths.includes(path));
  const stamps = await Promise.all(others.map(async ([path]) => await bundles.stamp(path).catch(() => null)));
  return Object.fromEntries(others.filter((_, at) => stamps[at] !== null));
}

interface Look {
  readonly stamp: BundleStamp;
  readonly said: BundleSaid;
  /** Whether it will be the same next time: not so where a disk or a permission was in the way. */
  readonly isLasting: boolean;
}

const LASTING = /^(NO_BUNDLE|BUNDLE_(?!CHANGED)\w+|BAD_RELEASE|ENV_FILE_UNREADABLE)$/;

async function look(bundles: World["bundles"], path: string, cache: BundleCache, progress: Progress): Promise<Look | null> {
  let stamp: BundleStamp | null = null;
  try {
    stamp = await bundles.stamp(path);
    if (stamp === null) return null;
    const known = remembered(cache, path, stamp);
    if (known !== null) return { stamp, said: known, isLasting: true };
    const glance = await bundles.glance(path, progress);
    return { stamp: glance.stamp, said: { word: wordOf(glance) }, isLasting: true };
  } catch (error) {
    const fault = faultOf(error);
    const isLasting = stamp !== null && LASTING.test(fault.code);
    return { stamp: stamp ?? { sizeBytes: 0, modifiedMs: 0, changedMs: 0 }, said: { fault }, isLasting };
  }
}

/** @throws whatever is no more than a bug of ours */
function faultOf(error: unknown): BundleFault {
  const known = error instanceof OperatorError ? error : systemError(error);
  if (known === null) throw error;
  return { code: known.code, message: known.message };
}

function factsOf(path: string, { sizeBytes }: BundleStamp, said: BundleSaid, products: readonly Product[]): BundleFacts {
  const name = basename(path);
  const nothing = {
    path,
    version: versionInName(name),
    layout: null,
    product: null,
    images: [],
    sizeBytes,
    digest: null,
    requires: null,
    upgrading: null,
  };
  if ("fault" in said) return { ...nothing, unreadable: said.fault };
  const { digest, images, upgrading, description, releaseFile } = said.word;
  const version = said.word.release ?? nothing.version;
  const known = { ...nothing, version, digest, images, upgrading };
  try {
    const product =
      description === null
        ? (products.find(each => describesImageNames(each, images)) ?? null)
        : parseProduct(description, `${DESCRIPTION_FILE} of ${name}`);
    const layout = product === null || version === null ? null : layoutFor(product, version).layout;
    return { ...known, product, layout, requires: parseReleaseFile(releaseFile, name).requires, unreadable: null };
  } catch (error) {
    return { ...known, unreadable: faultOf(error) };
  }
}
