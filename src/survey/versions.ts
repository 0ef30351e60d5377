import { bundleCacheToText, parseBundleCache } from "../domain/bundle-cache.ts";
import { Home, isOtherCut } from "../domain/home.ts";
import type { InstanceRecord } from "../domain/instance.ts";
import { type Instruction, instructionsFor } from "../domain/instructions.ts";
import { compareReleases } from "../domain/release-order.ts";
import { type UpgradePath, type UpgradeRequest, upgradePath } from "../domain/upgrade-path.ts";
import type { Progress, World } from "../host/world.ts";
import { type BundleFacts, surveyBundleFacts } from "./bundle-facts.ts";
import { bundlePaths } from "./bundles.ts";

/** A bundle, and whether an instance may be updated to it. */
export interface BundleVersion extends BundleFacts {
  /** Null where it is of another product or cannot be read, or there is nothing to update. */
  readonly way: UpgradePath | null;
  /** What must be read before: of every release on the way; without a way, of its own. */
  readonly instructions: readonly Instruction[];
}

/**
 * Which bundles lie here and what may be updated to which.
 * @param from the instance to be updated; null for none
 * @returns in the order of releases; also what is to be remembered of the bundles, as the text of `Home.bundleCache()`
 */
export async function surveyVersions(
  world: Pick<World, "files" | "bundles">,
  request: {
    readonly home: string;
    readonly folders: readonly string[];
    /** Bundles that were named, besides those that lie in the folders. */
    readonly named?: readonly string[];
    readonly from: InstanceRecord | null;
  },
  described: Readonly<Record<string, string>>,
  progress: Progress,
): Promise<{ readonly bundles: readonly BundleVersion[]; readonly cache: string | null }> {
  const before = await world.files.read(new Home(request.home).bundleCache());
  const paths = [...new Set([...(request.named ?? []), ...(await bundlePaths(world, request.folders, request.home))])];
  const { bundles, cache } = await surveyBundleFacts(world, paths, parseBundleCache(before), described, progress);
  const after = bundleCacheToText(cache);
  return { bundles: versionsOf(bundles, request.from), cache: after === before ? null : after };
}

/** Which of the bundles an instance may be updated to; pure. */
export function versionsOf(bundles: readonly BundleFacts[], from: InstanceRecord | null): readonly BundleVersion[] {
  const usable = from === null ? [] : usableFor(from, bundles);
  return bundles
    .map(bundle => {
      const { version } = bundle;
      const isUsable = from !== null && version !== null && usable.includes(bundle);
      const way = isUsable ? upgradePath(upgradeRequest({ ...bundle, version }, usable, from)) : null;
      return { ...bundle, way, instructions: instructionsOn(way, bundle, usable) };
    })
    .sort((a, b) => compareReleases(a.version ?? "", b.version ?? ""));
}

/** Bundles of an instance's product that can be read. */
export const usableFor = (from: InstanceRecord, bundles: readonly BundleFacts[]): readonly BundleFacts[] =>
  bundles.filter(each => each.unreadable === null && isOfProduct(each, from));

/**
 * An instance's update to a bundle, through others that lie here.
 * @param others of the same product; those that can be used
 */
export function upgradeRequest(
  bundle: BundleFacts & { readonly version: string },
  others: readonly BundleFacts[],
  from: InstanceRecord,
): UpgradeRequest {
  const { version, digest, requires, product } = bundle;
  return {
    from: from.release,
    to: version,
    // Of two bundles of the target's release this one counts.
    available: [
      { release: version, requires },
      ...others.flatMap(each =>
        each.version === null || each.version === version ? [] : [{ release: each.version, requires: each.requires }],
      ),
    ],
    rules: product?.requires ?? [],
    isOtherCut: digest !== null && isOtherCut(from, digest),
  };
}

function instructionsOn(way: UpgradePath | null, bundle: BundleFacts, others: readonly BundleFacts[]): readonly Instruction[] {
  const hops = way !== null && "hops" in way && way.hops.length > 0 ? way.hops : bundle.version === null ? [] : [bundle.version];
  return instructionsFor(
    hops.map(release => ({
      release,
      upgrading: (release === bundle.version ? bundle : others.find(({ version }) => version === release))?.upgrading ?? null,
    })),
    bundle.product?.instructions ?? [],
  );
}

/** An image's name without tag and digest, with `$` for what is only known once Compose filled it in. */
const repositoryOf = (image: string): string =>
  image
    .replaceAll(/\$\{[^}]*\}|\$\w+/g, "$")
    .replace(/@.*$/, "")
    .replace(/:[^/:]*$/, "");

/** By the description; of a product that nobody described, by a common image. */
function isOfProduct({ product, images }: BundleFacts, { product: own, images: ownImages }: InstanceRecord): boolean {
  if (product !== null) return product.product === own.product;
  const repositories = Object.values(ownImages).map(({ reference }) => repositoryOf(reference));
  return images.map(repositoryOf).some(image => {
    const end = image.slice(image.lastIndexOf("$") + 1);
    return end !== "" && repositories.some(each => (end === image ? each === image : each.endsWith(end)));
  });
}
