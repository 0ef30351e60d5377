import type { BundleContents, BundleGlance, BundleSource, BundleStamp } from "../domain/bundle.ts";
import type { ImageSetManifest, ImageSetSource } from "../domain/image-set.ts";

export type Progress = (text: string) => void;

/** Small files of the home and of instances: read whole, written atomically and durably. */
export interface Files {
  /** Null when there is no such file. */
  read(path: string): Promise<string | null>;
  /** Atomic and durable (write beside, sync, rename, sync folder). Keeps the owner and mode of an existing file unless `mode` is given. */
  write(path: string, text: string, mode?: number): Promise<void>;
  /** No error when there is nothing. */
  remove(path: string): Promise<void>;
  /** Takes away what a write of this file left beside it when it was cut off; the file itself is not touched. */
  clearPart(path: string): Promise<void>;
  exists(path: string): Promise<boolean>;
  /** A link to a folder is none. */
  isFolder(path: string): Promise<boolean>;
  /** Names in a folder, sorted; empty when there is no folder. */
  list(path: string): Promise<readonly string[]>;
  makeFolder(path: string): Promise<void>;
  /** Durable. Refuses with EXISTS when `to` is there. */
  rename(from: string, to: string): Promise<void>;
  /** Permission bits; null when there is nothing. */
  mode(path: string): Promise<number | null>;
  changeMode(path: string, mode: number): Promise<void>;
  readLink(path: string): Promise<string | null>;
  /** `folder`, `link TARGET` or `sha256:...` of the content: the same only where the same is there. Null for nothing, and for what this user may not read. */
  imprint(path: string): Promise<string | null>;
  /** Atomic: readers see the old target or the new one. Null removes the link. */
  replaceLink(path: string, target: string | null): Promise<void>;
}

/** Whole folders, which may hold files of other owners and more than fits in memory. */
export interface Trees {
  /** Owners, modes, times, links and xattrs as they are; `to` must not exist and appears whole (staged beside, then renamed). */
  copy(from: string, to: string, leaveOut: readonly string[], helperImage: string | null, progress?: Progress): Promise<void>;
  /** By the same rules as `Engine.volumeDigest`. Digests compare that were made in one place: tools differ. */
  digest(path: string, helperImage: string | null): Promise<string>;
  /** Files below it that were written after this moment (ISO 8601). */
  countSince(path: string, moment: string, helperImage: string | null): Promise<number>;
  /** Another one as soon as a file below it was made, written or removed, wherever the clock stood; cheap, because no content is read. */
  fingerprint(path: string, helperImage: string | null): Promise<string>;
  /** Adds to `to` what `from` has and `to` has not; nothing that is there changes. */
  fill(from: string, to: string, helperImage: string | null): Promise<void>;
  /** Also what other users own (with a helper container where this user may not). Nothing there is no error. */
  remove(path: string, helperImage: string | null): Promise<void>;
}

export interface Bundles {
  /** Null when there is nothing at this path. Links are followed. */
  stamp(path: string): Promise<BundleStamp | null>;
  /**
   * What a bundle says of itself, for a list: content is left out unread where that can be, and images are not checked, so what it finds
   * whole may still be damaged. Writes nothing.
   * @throws OperatorError NO_BUNDLE, BUNDLE_INCOMPLETE, BUNDLE_HOSTILE, BUNDLE_DAMAGED, BUNDLE_TOO_LARGE
   */
  glance(path: string, progress: Progress): Promise<BundleGlance>;
  /**
   * Reads a bundle from end to end and checks it: entries, image archive, every layer. Writes nothing.
   * @throws OperatorError NO_BUNDLE, BUNDLE_HOSTILE, BUNDLE_DAMAGED, BUNDLE_TOO_LARGE
   */
  read(path: string, progress: Progress): Promise<BundleContents>;
  /** Puts the bundle's entries into `to`, without its image archive; `to` appears whole. The bundle is checked again while it is read. */
  unpack(bundle: BundleSource, to: string, progress: Progress): Promise<void>;
  /** Feeds the bundle's image archive to the engine. */
  loadImages(bundle: BundleSource, progress: Progress): Promise<void>;
}

/** Files of images, for machines that cannot pull them. */
export interface ImageSets {
  /** Streams images of the engine into the file `to`, which must not exist; after an error it may be there, unfinished. */
  write(job: Omit<ImageSetManifest, "streams" | "members">, to: string, progress: Progress): Promise<void>;
  /**
   * Reads every byte, checks every layer, and writes nothing.
   * @throws OperatorError NO_IMAGE_FILE, IMAGES_DAMAGED
   */
  check(
    path: string,
  ): Promise<{ readonly source: ImageSetSource; readonly sizeBytes: number; readonly manifest: ImageSetManifest }>;
  /** Feeds the images to the engine, which takes none when the file is not what was checked. No name moves, and none is given. */
  load(source: ImageSetSource): Promise<void>;
}

/** Room on disks. */
export interface Room {
  /** Free for this user on the file system that a path is on, or will be. */
  freeBytes(path: string): Promise<number>;
  /** The same where the engine keeps images and volumes. */
  engineFreeBytes(helperImage: string): Promise<number>;
  /** Memory that programs can still have, swap included; null where the system does not tell. */
  freeMemoryBytes(): Promise<number | null>;
  /** What a tree takes on disk. */
  treeBytes(path: string, helperImage: string | null): Promise<number>;
}
