import { Readable } from "node:stream";
import type { BundleSource } from "../domain/bundle.ts";
import { bundleChanged } from "./bundle-errors.ts";
import { cleanPath } from "./bundle-names.ts";
import type { OpenBundle } from "./bundle-open.ts";
import { decompressed } from "./tar-gunzip.ts";

/**
 * Streams the image archive out of a bundle, unfolded (zlib here is faster than the engine's own). The last piece is
 * held back until the rest of the bundle was read and its digest compared: an engine that got another archive than the
 * one that was checked sees it end too early, and takes nothing.
 *
 * Returns whether the digest was compared: not when the engine was content before the end (the padding behind it).
 */
export async function feedImages(
  open: OpenBundle,
  bundle: BundleSource,
  load: (archive: Readable) => Promise<void>,
): Promise<boolean> {
  const state: { trouble: unknown; confirmed: boolean } = { trouble: null, confirmed: false };
  const wanted = `${bundle.root}${bundle.imageArchive}`;
  const pieces = async function* () {
    try {
      let held: Buffer | null = null;
      for await (const entry of open.entries) {
        if (entry.type !== "file" || cleanPath(entry.path) !== wanted) continue;
        for await (const piece of decompressed(entry.content)) {
          if (held !== null) yield held;
          held = piece;
        }
      }
      if (held === null || open.digest() !== bundle.digest || !(await open.isUnchanged())) throw bundleChanged(bundle.path);
      state.confirmed = true;
      yield held;
    } catch (error) {
      state.trouble = error;
      throw error;
    }
  };
  const archive = Readable.from(pieces(), { objectMode: false });
  // Whoever loads may let go of the stream before it fails.
  archive.on("error", () => {});
  try {
    await load(archive);
  } catch (error) {
    throw state.trouble ?? error;
  } finally {
    archive.destroy();
  }
  if (state.trouble !== null) throw state.trouble;
  return state.confirmed;
}
