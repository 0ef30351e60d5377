import { resolve } from "node:path";
import type { Readable } from "node:stream";
import type { BundleContents, BundleSource } from "../domain/bundle.ts";
import { bundleChanged, bundleIncomplete, inOperatorWords, noBundle } from "./bundle-errors.ts";
import { glanceAt, stampOf } from "./bundle-glance.ts";
import { feedImages } from "./bundle-load.ts";
import { type OpenBundle, openBundle } from "./bundle-open.ts";
import { surveyEntries } from "./bundle-survey.ts";
import { unpackEntries } from "./unpack.ts";
import type { Bundles, Progress } from "./world.ts";

interface Wiring {
  /** Hands an image archive to the engine; must fail unless the engine took it and the stream ended without an error. */
  readonly load: (archive: Readable) => Promise<void>;
}

export function createBundles({ load }: Wiring): Bundles {
  return {
    stamp: stampOf,
    async glance(path, progress) {
      try {
        return await glanceAt(path, progress);
      } catch (error) {
        throw inOperatorWords(error, path, path);
      }
    },

    async read(given, progress): Promise<BundleContents> {
      const path = resolve(given);
      return await using(path, "Checking the bundle", progress, async open => {
        const { root, isEmpty, imageArchive, images, texts, unpackedBytes } = await surveyEntries(open.entries);
        if (!(await open.isUnchanged())) throw bundleChanged(path);
        if (isEmpty) throw noBundle(path, "is empty");
        if (root === null) throw bundleIncomplete(path);
        const { kind, sizeBytes, modifiedMs } = open;
        const source = { path, kind, sizeBytes, modifiedMs, digest: open.digest(), imageArchive, root };
        return { source, texts, images, unpackedBytes };
      });
    },

    async unpack(bundle, to, progress) {
      await using(
        bundle.path,
        "Unpacking the bundle",
        progress,
        async open => {
          mustBeTheSame(open, bundle);
          await unpackEntries(open.entries, bundle, to, async () => {
            if (open.digest() !== bundle.digest) throw bundleChanged(bundle.path);
          });
        },
        to,
      );
    },

    async loadImages(bundle, progress) {
      if (bundle.imageArchive === null) return;
      const confirmed = await using(bundle.path, "Loading images", progress, async open => {
        mustBeTheSame(open, bundle);
        return await feedImages(open, bundle, load);
      });
      if (confirmed) return;
      await using(bundle.path, "Checking the bundle", progress, async open => {
        for await (const _ of open.entries);
        mustBeTheSame(open, bundle);
        if (open.digest() !== bundle.digest) throw bundleChanged(bundle.path);
      });
    },
  };
}

function mustBeTheSame(open: OpenBundle, bundle: BundleSource): void {
  const same = open.kind === bundle.kind && open.sizeBytes === bundle.sizeBytes && open.modifiedMs === bundle.modifiedMs;
  if (!same) throw bundleChanged(bundle.path);
}

async function using<Result>(
  path: string,
  doing: string,
  progress: Progress,
  work: (open: OpenBundle) => Promise<Result>,
  to = path,
): Promise<Result> {
  try {
    const open = await openBundle(path, doing, progress);
    try {
      return await work(open);
    } finally {
      await open.close();
    }
  } catch (error) {
    throw inOperatorWords(error, path, to);
  }
}
