import { basename } from "node:path";
import {
  type BundleGlance,
  type BundleStamp,
  COMPOSE_FILES,
  DESCRIPTION_FILE,
  RELEASE_FILE,
  UPGRADING_FILE,
} from "../domain/bundle.ts";
import { type BundleCache, type BundleFault, type BundleSaid, type BundleWord, remembered } from "../domain/bundle-cache.ts";
import { describesImageNames, layoutFor, type Product } from "../domain/product.ts";
import { parseProduct } from "../domain/product-file.ts";
import { parseReleaseFile } from "../domain/release-file.ts";
import { OperatorError, systemError } from "../errors.ts";
import type { Progress, World } from "../host/world.ts";
import { versionInName } from "./bundles.ts";
import { releaseOf } from "./product.ts";

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
 * @returns also what is to be remembered, which is of these bundles alone
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
  const next: BundleCache = {};
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

const IMAGE = /^[^#\n]*?\bimage["']?\s*:\s*["']?([^\s"'#,]+)/gm;

/** What is kept of a glance: nothing of the settings. @throws OperatorError */
function wordOf({ texts, digest }: BundleGlance): BundleWord {
  const compose = COMPOSE_FILES.flatMap(name => texts[name] ?? []).join("\n");
  return {
    digest,
    release: releaseIn(texts),
    images: [...new Set([...compose.matchAll(IMAGE)].map(([, image = ""]) => image))],
    description: texts[DESCRIPTION_FILE] ?? null,
    releaseFile: texts[RELEASE_FILE] ?? null,
    upgrading: texts[UPGRADING_FILE] ?? null,
  };
}

function releaseIn(texts: BundleGlance["texts"]): string | null {
  try {
    return releaseOf(texts, undefined);
  } catch (error) {
    if (error instanceof OperatorError && error.code === "NO_RELEASE") return null;
    throw error;
  }
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
