import { basename } from "node:path";
import { parseBundleCache, remembered } from "../domain/bundle-cache.ts";
import { Home } from "../domain/home.ts";
import type { InstanceRecord } from "../domain/instance.ts";
import type { World } from "../host/world.ts";
import { surveyBundleFacts } from "./bundle-facts.ts";
import { bundlePaths, versionInName } from "./bundles.ts";
import { type BundleVersion, versionsOf } from "./versions.ts";

/** What `update` would do next, as far as the bundles say that somebody looked into. */
export interface NextUpdate {
  /** The newest release that the instance may be updated to with what lies here; null where there is none. */
  readonly to: {
    readonly version: string;
    readonly path: string;
    /** The releases that it goes through, itself the last. */
    readonly hops: readonly string[];
    /** Releases with instructions that are to be read before. */
    readonly read: readonly string[];
  } | null;
  /** A newer one that cannot be reached, and of which releases no bundle lies here; null where there is none. */
  readonly blocked: { readonly version: string; readonly path: string; readonly missing: readonly string[] } | null;
  /** Bundles that nobody looked into yet, and that are not of the installed release by their names. */
  readonly unread: readonly string[];
}

/**
 * Looks into no bundle: that takes seconds, and `versions` does it. What it found there is remembered.
 * @param from the instance to be updated
 */
export async function surveyNextUpdate(
  world: Pick<World, "files" | "bundles">,
  request: { readonly home: string; readonly folders: readonly string[]; readonly from: InstanceRecord },
  described: () => Promise<Readonly<Record<string, string>>>,
): Promise<NextUpdate> {
  const { home, folders, from } = request;
  const cache = parseBundleCache(await world.files.read(new Home(home).bundleCache()));
  const [known, unread]: [string[], string[]] = [[], []];
  for (const path of await bundlePaths(world, folders, home)) {
    const stamp = await world.bundles.stamp(path).catch(() => null);
    if (stamp === null) continue;
    if (remembered(cache, path, stamp) !== null) known.push(path);
    else if (versionInName(basename(path)) !== from.release) unread.push(path);
  }
  if (known.length === 0) return { to: null, blocked: null, unread };
  const { bundles } = await surveyBundleFacts(world, known, cache, await described(), () => undefined);
  return { ...chosenOf(versionsOf(bundles, from)), unread };
}

/** @param bundles in the order of releases */
function chosenOf(bundles: readonly BundleVersion[]): Omit<NextUpdate, "unread"> {
  const ways = bundles.flatMap(({ way, version, path, instructions }) =>
    way === null || "order" in way || version === null
      ? []
      : [{ way, version, path, read: instructions.map(each => each.release) }],
  );
  const open = ways.findLast(({ way }) => !("missing" in way));
  const last = ways.at(-1);
  return {
    to: open === undefined ? null : { version: open.version, path: open.path, hops: open.way.hops, read: open.read },
    blocked:
      last === undefined || !("missing" in last.way)
        ? null
        : { version: last.version, path: last.path, missing: last.way.missing.map(({ release }) => release) },
  };
}
