import { dirname } from "node:path";
import {
  type BundleContents,
  type BundledImage,
  type BundleSource,
  type BundleStamp,
  TELLING_FILES,
} from "../../src/domain/bundle.ts";
import { OperatorError } from "../../src/errors.ts";
import type { Bundles } from "../../src/host/world.ts";
import type { Machine } from "./machine.ts";
import type { SimDisk } from "./sim-disk.ts";
import { hex, type SimEngine } from "./sim-engine.ts";
import type { SimImage } from "./state.ts";

/** A vendor's bundle: lies outside the simulated disk, because nobody may change it. */
export interface SimBundle {
  readonly source: BundleSource;
  readonly files: Readonly<Record<string, { readonly text: string; readonly mode: number }>>;
  readonly images: readonly (SimImage & { readonly tags: readonly string[] })[];
}

const contentsOf = ({ source, files, images }: SimBundle): BundleContents => ({
  source,
  texts: Object.fromEntries(
    Object.entries(files).flatMap(([path, { text }]) => (text.includes("\0") ? [] : [[path, text] as const])),
  ),
  images: images.map(({ id, layers, tags }): BundledImage => ({ tags, config: id, layers })),
  unpackedBytes: Object.values(files).reduce((sum, { text }) => sum + text.length, 0),
});

export function simBundles(
  machine: Machine,
  disk: SimDisk,
  engine: SimEngine,
  shelf: Readonly<Record<string, SimBundle>>,
): Bundles {
  const find = (path: string): SimBundle => {
    machine.read({ what: "bundle.read", target: path });
    const found = shelf[path];
    if (!found) throw new OperatorError("NO_BUNDLE", `There is no bundle at ${path}.`);
    return found;
  };
  const unchanged = ({ path, digest }: BundleSource): SimBundle => {
    const found = find(path);
    if (found.source.digest !== digest) throw new OperatorError("BUNDLE_CHANGED", `${path} is not what it was.`);
    return found;
  };
  const stamp = async (path: string): Promise<BundleStamp | null> => {
    const found = shelf[path];
    return found ? { sizeBytes: found.source.sizeBytes, modifiedMs: found.source.modifiedMs, changedMs: 0 } : null;
  };
  return {
    stamp,
    glance: async path => {
      const { source, texts } = contentsOf(find(path));
      const telling = Object.entries(texts).filter(([name]) => TELLING_FILES.includes(name));
      return {
        stamp: { sizeBytes: source.sizeBytes, modifiedMs: source.modifiedMs, changedMs: 0 },
        digest: source.digest,
        texts: Object.fromEntries(telling),
      };
    },
    read: async path => contentsOf(find(path)),
    unpack: async (source, to) => {
      const { files } = unchanged(source);
      const part = `${to}.part`;
      if (disk.node(to) !== null) throw new OperatorError("EXISTS", `${to} is already there.`);
      disk.remove(part);
      for (const [path, { text, mode }] of Object.entries(files)) {
        disk.makeFolder(dirname(`${part}/${path}`), 0o755);
        disk.write(`${part}/${path}`, Buffer.from(text), mode);
      }
      disk.syncTree(part);
      disk.rename(part, to);
      disk.sync(dirname(to));
    },
    loadImages: source => {
      const { images } = unchanged(source);
      return machine.command(() => {
        for (const { tags, ...image } of images) {
          if (machine.state.imageStore === "containerd") {
            // It knows images by the digest of their manifest, and an image is there once it has a name.
            const id = `sha256:${hex(image.id)}`;
            for (const tag of tags) if (engine.idOf(tag) !== id) engine.addImage({ ...image, id }, tag);
            continue;
          }
          if (engine.idOf(image.id) === null) engine.addImage(image);
          for (const tag of tags) if (engine.idOf(tag) !== image.id) engine.tag(image.id, tag);
        }
      });
    },
  };
}
