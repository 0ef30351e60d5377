import { type BundleContents, RELEASE_FILE } from "../domain/bundle.ts";
import { isOtherCut } from "../domain/home.ts";
import type { InstanceRecord } from "../domain/instance.ts";
import { parseReleaseFile } from "../domain/release-file.ts";
import { type UpgradeRequest, upgradePath } from "../domain/upgrade-path.ts";
import type { Progress, World } from "../host/world.ts";
import { releaseOf, surveyProduct } from "./product.ts";
import { surveyVersions, usableFor } from "./versions.ts";

/** The way from an instance to a release, through bundles that lie about. */
export interface PathFacts {
  readonly request: UpgradeRequest;
  /** Of the releases on the way, where their bundles lie. */
  readonly bundles: Readonly<Record<string, string>>;
}

/**
 * Other bundles are looked for only where one hop does not lead there, because a look into a bundle takes its time.
 * @param ask.folders where they may lie, besides a folder `bundles` in each
 * @param ask.release what the operator says where the bundle does not
 */
export async function surveyPath(
  world: World,
  ask: {
    readonly home: string;
    readonly folders: readonly string[];
    readonly source: InstanceRecord;
    readonly contents: BundleContents;
    readonly release: string | undefined;
  },
  described: Readonly<Record<string, string>>,
  progress: Progress,
): Promise<PathFacts> {
  const { source, contents, home, folders } = ask;
  const to = releaseOf(contents.texts, ask.release);
  const { product } = await surveyProduct(world, contents, described, source.project, to);
  const request: UpgradeRequest = {
    from: source.release,
    to,
    available: [{ release: to, requires: requiresOf(contents) }],
    rules: product.requires,
    isOtherCut: isOtherCut(source, contents.source.digest),
  };
  const path = upgradePath(request);
  if ("order" in path || (path.hops.length === 1 && !("missing" in path))) return { request, bundles: {} };
  const found = await surveyVersions(world, { home, folders, from: source }, described, progress);
  const usable = usableFor(
    source,
    found.bundles.filter(({ version }) => version !== null && version !== to),
  );
  const stops = usable.flatMap(({ version, requires, path: at }) =>
    version === null ? [] : [{ release: version, requires, at }],
  );
  return {
    request: { ...request, available: [...request.available, ...stops.map(({ release, requires }) => ({ release, requires }))] },
    // Of two bundles of one release the first that was found counts, which is the home's.
    bundles: Object.fromEntries(stops.map(({ release, at }) => [release, at] as const).reverse()),
  };
}

/** Of a bundle's `release.yml`. */
export const requiresOf = ({ texts, source }: BundleContents): string | null =>
  parseReleaseFile(texts[RELEASE_FILE] ?? null, source.path).requires;
