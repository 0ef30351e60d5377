import { z } from "zod";
import type { BundleStamp } from "./bundle.ts";

const text = z.string().nullable();

const word = z.object({
  /** sha256 of the archive, where it is known. */
  digest: text,
  /** As `VERSION` or `APP_BUILD_TAG` has it; null where neither says it. */
  release: text,
  /** Names of images, as the compose files have them. */
  images: z.array(z.string()),
  /** Texts of `graph-mgr.yml`, `release.yml` and `UPGRADING.md`. */
  description: text,
  releaseFile: text,
  upgrading: text,
});

const fault = z.object({ code: z.string(), message: z.string() });

const cache = z.object({
  schema: z.literal(1),
  /** By absolute path. */
  bundles: z.record(
    z.string(),
    z.object({
      stamp: z.object({ sizeBytes: z.number(), modifiedMs: z.number(), changedMs: z.number() }),
      said: z.union([z.object({ word }), z.object({ fault })]),
    }),
  ),
});

/** What a bundle says of itself, without anything that is secret. */
export type BundleWord = z.infer<typeof word>;
/** Why a bundle cannot be read. */
export type BundleFault = z.infer<typeof fault>;
export type BundleSaid = { readonly word: BundleWord } | { readonly fault: BundleFault };

/** What is remembered of bundles that were looked into: that takes seconds, and they do not change. */
export type BundleCache = z.infer<typeof cache>["bundles"];

/** Nothing when it is not there or cannot be read: it is made anew. */
export function parseBundleCache(content: string | null): BundleCache {
  try {
    return cache.parse(JSON.parse(content ?? "null")).bundles;
  } catch {
    return {};
  }
}

/** In the order of paths, so that the same is the same text. */
export const bundleCacheToText = (bundles: BundleCache): string => {
  const sorted = Object.entries(bundles).sort(([a], [b]) => (a < b ? -1 : 1));
  return `${JSON.stringify({ schema: 1, bundles: Object.fromEntries(sorted) })}\n`;
};

/** What is remembered of a bundle, unless it was written since. */
export function remembered(bundles: BundleCache, path: string, stamp: BundleStamp): BundleSaid | null {
  const found = Object.hasOwn(bundles, path) ? bundles[path] : undefined;
  if (found === undefined) return null;
  const { sizeBytes, modifiedMs, changedMs } = found.stamp;
  const isSame = sizeBytes === stamp.sizeBytes && modifiedMs === stamp.modifiedMs && changedMs === stamp.changedMs;
  return isSame ? found.said : null;
}
